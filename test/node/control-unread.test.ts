/** A client that asks and does not read: the node's memory does not pay for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ControlHandlers } from '../../src/node/control-calls.js';
import { ControlServer } from '../../src/node/control-server.node.js';

it('calls of a client that does not read its answers are not taken, until it does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-control-'));
  const path = join(folder, 'control.sock');
  const words = 'x'.repeat(64 * 1024);
  let answered = 0;
  const status = () => {
    answered++;
    return { words };
  };
  const server = await ControlServer.listen(path, { status } as unknown as ControlHandlers);
  const socket = connect(path).pause();
  const calls = 200;
  for (let id = 1; id <= calls; id++) socket.write(`${JSON.stringify({ id, call: 'status' })}\n`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(100);
  let lines = 0;
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      lines += chunk.toString().split('\n').length - 1;
      if (lines === calls) resolve();
    });
    socket.resume();
  });
  socket.destroy();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
