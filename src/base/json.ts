/** Any JSON value: what records, job data and results are made of (SpaceCoMP design document, section 2). */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/**
 * An empty object that takes any key as data. Keys such as `__proto__` and `constructor` are words like others, so counts are
 * kept in objects without a prototype.
 */
export function emptyRecord<T>(): { [key: string]: T } {
  return Object.create(null) as { [key: string]: T };
}

/** The same text for equal values: keys sorted by UTF-16 units at every depth, no white space. */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}
