#!/usr/bin/env node
/** The `leodtn` command. */
import { nodeIo } from './io.js';
import { main } from './program.js';

// Where everything has gone quiet and the command has not ended, say so instead of leaving without a word.
process.once('beforeExit', () => {
  process.stderr.write('leodtn: stopped: something that was waited for can never come\n');
  process.exit(1);
});
const status = await main(process.argv.slice(2), nodeIo());
process.exitCode = status;
// What is still on its way into a pipe must arrive, and nothing that a run left open may hold the process afterwards.
const flushed = (stream: NodeJS.WriteStream) =>
  new Promise<void>((resolve) => {
    if (stream.destroyed || stream.closed) resolve();
    else {
      stream.once('error', () => resolve());
      stream.write('', () => resolve());
    }
  });
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(status);
