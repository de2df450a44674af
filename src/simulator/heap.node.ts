/** How much memory a process that runs large scenarios lets lie unused. It knows nothing of scenarios. */
import { setFlagsFromString } from 'node:v8';

/**
 * The heap may grow by this part of what is in use before it is swept again, in percent. V8 by itself lets a heap of half a gigabyte
 * grow to its double and more, which for 10,000 satellites is the difference between 0.7 and 1.1 GB; a large run sweeps some times
 * more for it, and one below a hundred megabytes is done before it matters.
 */
const HEAP_GROWTH_PERCENT = 60;

/** Keeps the heap of this process close to what is in use. For processes of one's own: the setting is V8's and not a run's. */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}
