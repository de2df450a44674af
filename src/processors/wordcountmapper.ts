import { UsageError } from '../base/errors.js';
import type { MapPayload, Mapper } from './contract.js';
import { describe } from './output.js';
import { countWords, type WordCounts } from './word-counts.js';

/**
 * `wordcountmapper` (SpaceCoMP design document section 7): takes batches of lines and yields one `{word: count}` for each
 * batch. Throws a UsageError `bad-record` where a record is no string.
 */
export class WordCountMapper implements Mapper {
  run_map(payload: MapPayload): WordCounts[] {
    const stranger = payload.data.findIndex((record) => typeof record !== 'string');
    if (stranger >= 0) {
      const found = describe(payload.data[stranger]);
      throw new UsageError(
        'bad-record',
        `wordcountmapper counts lines of text, but record ${stranger + 1} of the batch is ${found}`,
      );
    }
    return [countWords(payload.data as string[])];
  }
}
