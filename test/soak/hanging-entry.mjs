// A worker that takes a seed and does not come back from it.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', () => {
  for (;;);
});
parentPort.postMessage({ kind: 'ready' });
