/** The UDP host between a socket and a node: what is promised is durable first, and strangers are not heard. */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src/agent/index.js';
import { UsageError } from '../../src/base/errors.js';
import { UdpHost } from '../../src/runtime/host.node.js';
import type { SatelliteNode } from '../../src/runtime/node.js';
import type { NodeInput, NodeOutput } from '../../src/runtime/node-io.js';
import type { ProcessorRunner } from '../../src/runtime/processor-runner.js';
import { WallClock } from '../../src/runtime/wall-clock.node.js';

/** A request that no bundle can meet, and one for which there is no room. */
const IMPOSSIBLE = { lifetimeMs: 1 } as SendRequest;
const TOO_MUCH = { lifetimeMs: 2 } as SendRequest;

/** Bytes of a datagram that fills what may wait for a flush. */
const HEAVY = 9 * 1024 * 1024;

const hosts: UdpHost[] = [];
afterEach(() => Promise.all(hosts.splice(0).map((host) => host.close())));

/** A node that answers each input with one transmission, and writes down what happens in which order. */
function hostWith(log: string[], inputs: NodeInput[], flush: () => Promise<void> = async () => {}): UdpHost {
  let pending: NodeOutput[] = [];
  const node = {
    handle(input: NodeInput) {
      inputs.push(input);
      log.push('handle');
      if (input.kind === 'bundle-submitted') {
        if (input.request === IMPOSSIBLE) throw new UsageError('impossible', 'impossible');
        if (input.request === TOO_MUCH) pending.push({ kind: 'bundle-refused', request: TOO_MUCH });
        return;
      }
      const size = input.kind === 'processor-stepped' ? HEAVY : 1;
      pending.push({
        kind: 'transmit',
        to: 2,
        contact: 0,
        datagram: new Uint8Array(size),
        pieces: [new Uint8Array(size)],
      });
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
    runner: { forgetJob: () => {} } as Partial<ProcessorRunner> as ProcessorRunner,
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

  it('goes on handling inputs while a flush is under way, whose outputs wait for the next one', async () => {
    const log: string[] = [];
    const releases: (() => void)[] = [];
    const host = hostWith(log, [], () => new Promise<void>((resolve) => void releases.push(resolve)));
    host.input({ kind: 'timeout' });
    await sleep(10);
    host.input({ kind: 'timeout' });
    await sleep(10);
    expect(log).toEqual(['handle', 'handle']);
    releases.shift()?.();
    await sleep(10);
    expect(log).toEqual(['handle', 'handle', 'flushed', 'transmit']);
    releases.shift()?.();
    await sleep(10);
    expect(log).toEqual(['handle', 'handle', 'flushed', 'transmit', 'flushed', 'transmit']);
  });

  it('answers a submission when it is flushed, and at once where the node refuses what was asked', async () => {
    const log: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const host = hostWith(log, [], () => held);
    const answer = host.submit({ kind: 'bundle-submitted', request: {} as SendRequest });
    void answer.then((result) => log.push(result));
    await sleep(20);
    expect(log).toEqual(['handle']);
    release();
    expect(await answer).toBe('accepted');
    await expect(host.submit({ kind: 'bundle-submitted', request: IMPOSSIBLE })).rejects.toThrow('impossible');
    expect(await host.submit({ kind: 'bundle-submitted', request: TOO_MUCH })).toBe('refused');
  });

  it('holds everything back while the store cannot be flushed, refuses submissions, and goes on when it can again', async () => {
    const log: string[] = [];
    let isFull = true;
    const host = hostWith(log, [], async () => {
      if (isFull) throw new Error('no space left on device');
    });
    host.input({ kind: 'timeout' });
    await sleep(20);
    expect(log).toEqual(['handle']);
    expect(await host.submit({ kind: 'bundle-submitted', request: {} as SendRequest })).toBe('refused');
    isFull = false;
    for (let i = 0; i < 100 && !log.includes('transmit'); i++) await sleep(10);
    expect(log).toEqual(['handle', 'flushed', 'transmit']);
    expect(host.counters.failedFlushes).toBeGreaterThan(0);
    expect(await host.submit({ kind: 'bundle-submitted', request: {} as SendRequest })).toBe('accepted');
  });

  it('flushes and performs what it has before it goes down', async () => {
    const log: string[] = [];
    const host = hostWith(log, [], () => sleep(10));
    host.input({ kind: 'timeout' });
    await host.drain();
    expect(log).toEqual(['handle', 'flushed', 'transmit']);
    await expect(host.submit({ kind: 'bundle-submitted', request: {} as SendRequest })).rejects.toThrow('going down');
  });

  it('drops what comes over the network beyond its limit, and nothing of its own', async () => {
    const inputs: NodeInput[] = [];
    const host = hostWith([], inputs, () => new Promise<void>(() => {}));
    const { port } = await host.listen('127.0.0.1', 0);
    const peer = createSocket('udp4');
    await new Promise<void>((done) => peer.bind(0, '127.0.0.1', done));
    host.addPeer(7, { address: '127.0.0.1', port: peer.address().port });
    // What the node puts out while its flush hangs fills what may wait for one; then datagrams gather, then they are dropped.
    host.input({ kind: 'processor-stepped', task: HEAVY, outcome: { kind: 'ended' } });
    await sleep(10);
    for (let i = 0; i < 10_000 && host.counters.droppedIn === 0; i++) {
      await new Promise<void>((done) => peer.send(new Uint8Array(60_000), port, '127.0.0.1', () => setImmediate(done)));
    }
    await new Promise<void>((done) => peer.close(done));
    expect(host.counters.droppedIn).toBeGreaterThan(0);
    expect(inputs).toHaveLength(1);
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
    for (let i = 0; i < 100 && (inputs.length < 1 || host.counters.strangers < 1); i++) await sleep(10);
    await Promise.all([peer, stranger].map((socket) => new Promise<void>((done) => socket.close(done))));
    expect(host.counters.strangers).toBe(1);
    expect(inputs).toMatchObject([{ kind: 'datagram-received', from: 7 }]);
  });
});
