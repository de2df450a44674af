/** The UDP host between a socket and a node: what is promised is durable first, and strangers are not heard. */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { UdpHost } from '../../src/runtime/host.node.js';
import type { SatelliteNode } from '../../src/runtime/node.js';
import type { NodeInput, NodeOutput } from '../../src/runtime/node-io.js';
import type { ProcessorRunner } from '../../src/runtime/processor-runner.js';
import { WallClock } from '../../src/runtime/wall-clock.node.js';

const hosts: UdpHost[] = [];
afterEach(() => Promise.all(hosts.splice(0).map((host) => host.close())));

/** A node that answers each input with one transmission, and writes down what happens in which order. */
function hostWith(log: string[], inputs: NodeInput[], flush: () => Promise<void> = async () => {}): UdpHost {
  let pending: NodeOutput[] = [];
  const node = {
    handle(input: NodeInput) {
      inputs.push(input);
      log.push('handle');
      pending.push({ kind: 'transmit', to: 2, contact: 0, datagram: new Uint8Array(1) });
    },
    poll: () => pending.shift(),
    nextTimeout: () => undefined,
    async flush() {
      await flush();
      log.push('flushed');
    },
  };
  pending = [];
  const host = new UdpHost({
    node: node as unknown as SatelliteNode,
    runner: {} as ProcessorRunner,
    clock: new WallClock(1),
    onOutput: () => {},
    onTransmit: () => log.push('transmit'),
    onError: (error) => log.push(String(error)),
  });
  hosts.push(host);
  return host;
}

describe('the UDP host', () => {
  it('performs no output before the store is flushed', async () => {
    const log: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const host = hostWith(log, [], () => held);
    host.input({ kind: 'timeout' });
    await sleep(20);
    expect(log).toEqual(['handle']);
    release();
    await sleep(20);
    expect(log).toEqual(['handle', 'flushed', 'transmit']);
  });

  it('hears its peers and counts strangers', async () => {
    const inputs: NodeInput[] = [];
    const host = hostWith([], inputs);
    const { port } = await host.listen('127.0.0.1', 0);
    const [peer, stranger] = [createSocket('udp4'), createSocket('udp4')];
    await Promise.all([peer, stranger].map((socket) => new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))));
    host.addPeer(7, { address: '127.0.0.1', port: peer.address().port });
    stranger.send(Uint8Array.of(1), port, '127.0.0.1');
    peer.send(Uint8Array.of(2), port, '127.0.0.1');
    for (let i = 0; i < 100 && (inputs.length < 1 || host.strangers < 1); i++) await sleep(10);
    await Promise.all([peer, stranger].map((socket) => new Promise<void>((done) => socket.close(done))));
    expect(host.strangers).toBe(1);
    expect(inputs).toMatchObject([{ kind: 'datagram-received', from: 7 }]);
  });
});
