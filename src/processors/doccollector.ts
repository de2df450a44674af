/** Line collectors: the document of a job cut by byte ranges (LeoPyMR's `doccollector`, SpaceCoMP design document section 7). */
import { UsageError } from '../base/errors.js';
import type { JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';
import { BatchIterator, type BatchSource } from './batch-iterator.js';
import type { Collector, CollectPayload } from './contract.js';
import { type LineRange, LineReader } from './line-reader.js';
import { describe } from './output.js';
import { countWords, type WordCounts } from './word-counts.js';

/** How a line collector reads; the defaults are those of {@link LineRange}. */
export type ReadOptions = Pick<LineRange, 'readBytes' | 'maxLineBytes'>;

/**
 * `doccollector`: yields each line that starts in this collector's share of the file `job_data.filename`, as a string without
 * its "\n"; see {@link LineReader} for what a share is. Throws a UsageError `job-data` unless job_data is `{filename: string}`.
 */
export class DocCollector implements Collector {
  readonly #platform: Platform;
  readonly #options: ReadOptions;

  constructor(platform: Platform, options: ReadOptions = {}) {
    this.#platform = platform;
    this.#options = options;
  }

  collect(payload: CollectPayload): AsyncIterable<string> {
    return new BatchIterator(readLines(this.#platform, payload, this.#options));
  }
}

/**
 * `wordcountcollector`: counts on the collector and yields one `{word: count}` for each line of its share, for a combiner to
 * merge there and then. Skips the map phase. Errors are those of {@link DocCollector}.
 */
export class WordCountCollector implements Collector {
  readonly COMP_SKIP_MAP = true;
  readonly #platform: Platform;
  readonly #options: ReadOptions;

  constructor(platform: Platform, options: ReadOptions = {}) {
    this.#platform = platform;
    this.#options = options;
  }

  collect(payload: CollectPayload): AsyncIterable<WordCounts> {
    const lines = readLines(this.#platform, payload, this.#options);
    return new BatchIterator<WordCounts>({
      fetch: async () => (await lines.fetch())?.map((line) => countWords([line])),
      close: () => lines.close(),
    });
  }
}

function readLines(platform: Platform, payload: CollectPayload, options: ReadOptions): BatchSource<string> {
  const { data_id, data_size, job_data } = payload.meta_data;
  return new LineReader(platform, { filename: filenameOf(job_data), part: data_id, parts: data_size, ...options });
}

function filenameOf(jobData: JsonValue): string {
  const filename =
    typeof jobData === 'object' && jobData !== null && !Array.isArray(jobData) ? jobData['filename'] : undefined;
  if (typeof filename === 'string' && filename !== '') return filename;
  const found = filename === undefined ? describe(jobData) : `a filename that is ${describe(filename)}`;
  throw new UsageError('job-data', `job_data must be {"filename": "..."}, but is ${found}`);
}
