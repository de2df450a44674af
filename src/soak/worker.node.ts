/** The thread of a soak's worker: takes seeds one by one, and says what came of each. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { SeedRunner } from './seed-runner.node.js';
import type { Order, WorkerTask, WorkerWord } from './worker-words.js';

/** Serves until the other end of the port is closed. */
async function serve(port: MessagePort, task: WorkerTask): Promise<void> {
  const runner = await SeedRunner.open(task);
  const say = (word: WorkerWord) => port.postMessage(word);
  port.on('message', (order: Order) => {
    if (order === 'hurry') {
      runner.hurry();
      return;
    }
    if (order === 'end') {
      runner.close();
      port.close();
      return;
    }
    const { seed } = order;
    void runner
      .run(order, () => say({ kind: 'shrinking', seed }))
      .then(({ outcome, file }) => say({ kind: 'done', seed, outcome, file }));
  });
  say({ kind: 'ready' });
}

if (parentPort !== null) await serve(parentPort, workerData as WorkerTask);
