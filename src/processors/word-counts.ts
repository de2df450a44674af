/** Word counts as records: what the word count processors share. */
import { UsageError } from '../base/errors.js';
import { emptyRecord, type JsonValue } from '../base/json.js';
import { describe } from './output.js';

/** Counts by word, without a prototype: `__proto__` and `constructor` are words like others. */
export type WordCounts = { [word: string]: number };

/** Counts the words of the lines. Words are what stands between spaces, so the empty string is one too. */
export function countWords(lines: readonly string[]): WordCounts {
  const counts = emptyRecord<number>();
  for (const line of lines) {
    for (const word of line.split(' ')) counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/**
 * Adds each number of `record` to the sum under its key. `who` names the processor in errors: a UsageError `bad-record` where
 * the record is no object of numbers.
 */
export function addCounts(sums: WordCounts, record: JsonValue, who: string): void {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new UsageError('bad-record', `${who} sums objects of numbers, but a record is ${describe(record)}`);
  }
  for (const key of Object.keys(record)) {
    const count = record[key];
    if (typeof count !== 'number') {
      throw new UsageError('bad-record', `${who} sums numbers, but ${JSON.stringify(key)} holds ${describe(count)}`);
    }
    sums[key] = (sums[key] ?? 0) + count;
  }
}
