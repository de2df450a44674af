/** Nothing is kept for ever: in the end no node holds a bundle, or state of work that is done. Looks into the stores when a run is over. */
import type { BundleRecord, BundleStore } from '../agent/index.js';
import { bundleName, Checker } from './checkers.js';
import type { CheckReport } from './report.js';

/** Keys of state that is there only while something is unfinished, by what it is of. */
const UNFINISHED: readonly (readonly [prefix: string, what: string])[] = [
  ['job/led/', 'a job that it leads'],
  ['job/in/', 'an input of a job'],
  ['stream/in/', 'a stream that has not come to its end'],
  ['stream/in-piece/', 'a piece of a stream'],
  ['stream/tx/', 'a stream of bytes that it sends'],
  ['stream/rx/', 'a stream of bytes that has not come to its end'],
  ['stream/rx-piece/', 'a piece of a stream of bytes'],
];

/** The verdict on the stores of all nodes at the end of a run. */
export function checkReleased(stores: ReadonlyMap<number, BundleStore>): CheckReport {
  const checker = new Checker('released: nothing held in the end');
  for (const [node, store] of stores) {
    for (const record of store.records()) checker.violated(`node ${node} holds ${inWords(record)}`);
    for (const [prefix, what] of UNFINISHED) {
      for (const [key] of store.state.entries(prefix)) checker.violated(`node ${node} keeps ${what}, ${key}`);
    }
  }
  return checker.report(`the stores of ${stores.size} nodes are empty`);
}

function inWords(record: BundleRecord): string {
  const custody = record.inCustody ? ' in custody' : '';
  return `${bundleName(record)} for node ${record.destinationNode}${custody} (${record.state})`;
}
