import { emptyRecord } from '../base/json.js';
import type { ReducePayload, Reducer } from './contract.js';
import { addCounts, type WordCounts } from './word-counts.js';

/**
 * `sumreducer` (SpaceCoMP design document section 7): the sum per key over all records; `{}` for none. Throws a UsageError
 * `bad-record` where a record is no object of numbers.
 */
export class SumReducer implements Reducer {
  reduce(payloads: ReducePayload[]): WordCounts {
    const sums = emptyRecord<number>();
    for (const payload of payloads) addCounts(sums, payload.data, 'sumreducer');
    return sums;
  }
}
