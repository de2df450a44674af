/** The processor contract of SpaceCoMP, the built-in processors and the reference run of a job in one place. */
export { ProcessorCatalogue } from './catalogue.js';
export type * from './contract.js';
export { DocCollector, WordCountCollector } from './doccollector.js';
export { type LocalJob, type LocalResult, type LocalTelling, runLocally, runLocallyWithFiles } from './local-run.js';
export { localWordCount } from './local-word-count.js';
export { MergeCombiner } from './mergecombiner.js';
export { fileInMemory, receivedFile } from './received-file.js';
export { SumReducer } from './sumreducer.js';
export { WordCountMapper } from './wordcountmapper.js';
