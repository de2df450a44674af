import { emptyRecord, type JsonValue } from '../base/json.js';
import type { Combiner } from './contract.js';
import { addCounts, type WordCounts } from './word-counts.js';

/**
 * `mergecombiner` (SpaceCoMP design document sections 5 and 10): the sum per key over the records of a batch; `{}` for an
 * empty one. Throws a UsageError `bad-record` where a record is no object of numbers.
 */
export class MergeCombiner implements Combiner {
  combine(data: JsonValue[]): WordCounts {
    const sums = emptyRecord<number>();
    for (const record of data) addCounts(sums, record, 'mergecombiner');
    return sums;
  }
}
