/** Looks at a result as a map of counts, which is what a word count and its like give. */
import type { JsonValue } from '../../base/json.js';
import type { JobReport } from '../report.js';

/** The most frequent keys of a map of counts. */
export interface TopCounts {
  readonly top: readonly (readonly [key: string, count: number])[];
  /** How many keys there are. */
  readonly distinct: number;
  /** Sum over all keys. */
  readonly total: number;
}

/** The `limit` most frequent keys, or undefined where the value is not a map of counts. */
export function topCounts(value: JsonValue, limit = 10): TopCounts | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, number] => typeof entry[1] === 'number')) return undefined;
  const counts = entries as [string, number][];
  const top = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, limit);
  return { top, distinct: counts.length, total: counts.reduce((sum, [, n]) => sum + n, 0) };
}

/** What the job counted, as far as its processors tell. */
export function countedNoun(tasks: JobReport['tasks']): 'word' | 'key' {
  return tasks.map === 'wordcountmapper' || tasks.collect === 'wordcountcollector' ? 'word' : 'key';
}
