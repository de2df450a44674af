import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputFileError } from '../../src/base/errors.js';
import { loadScenario } from '../../src/simulator/scenario-file.node.js';

/** A scenario that is right, one field to a line, so that tests can break one of them. */
const GOOD = `name: x
constellation:
  planes: 6
  satellitesPerPlane: 11
links:
  loss: 0.1
  reordering: { probability: 0.1, delayMs: 5 }
faults:
  - { at: 1, kind: node-down, node: [2, 2] }
  - { at: 2, kind: node-up, node: [2, 2] }
jobs:
  - at: 1
    los: [1, 1]
    aoi: { sats: [2, 5], orbs: [2, 5] }
    collectors: 4
`;

/** The one line of the error, with the file's path cut to its name. */
async function errorOf(text: string, set: string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leodtn-'));
  const file = join(folder, 's.yaml');
  await writeFile(file, text);
  const error = await loadScenario(file, { set }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputFileError);
  const { message } = error as InputFileError;
  expect(message).not.toContain('\n');
  return message.replaceAll(`${folder}/`, '');
}

const broken = (from: string | RegExp, to: string) => GOOD.replace(from, to);

describe('a bad scenario file', () => {
  const cases: [what: string, text: string, message: string][] = [
    ['an unknown field', broken('loss:', 'los:'), "s.yaml:6:3: links.los: unknown field; did you mean 'links.loss'?"],
    [
      'an unknown field elsewhere',
      broken('name: x', 'loss: 0.1'),
      "s.yaml:1:1: loss: unknown field; did you mean 'links.loss'?",
    ],
    [
      'a start of a field',
      broken('loss:', 'rate:'),
      "s.yaml:6:3: links.rate: unknown field; did you mean 'links.rateBytesPerSecond'?",
    ],
    [
      'swapped letters',
      broken('collectors:', 'collcetors:'),
      "s.yaml:15:5: jobs.0.collcetors: unknown field; did you mean 'jobs.0.collectors'?",
    ],
    [
      'an unknown field of an area',
      broken('orbs:', 'orb:'),
      "s.yaml:14:26: jobs.0.aoi.orb: unknown field; did you mean 'jobs.0.aoi.orbs'?",
    ],
    [
      'a wrong type',
      broken('loss: 0.1', 'loss: high'),
      "s.yaml:6:3: links.loss: found 'high'; expected a number from 0 to 1",
    ],
    [
      'a probability above 1',
      broken('loss: 0.1', 'loss: 1.1'),
      's.yaml:6:3: links.loss: found 1.1; expected a number from 0 to 1',
    ],
    [
      'a nested probability',
      broken('probability: 0.1', 'probability: -1'),
      's.yaml:7:17: links.reordering.probability: found -1; expected a number from 0 to 1',
    ],
    [
      '0 collectors',
      broken('collectors: 4', 'collectors: 0'),
      's.yaml:15:5: jobs.0.collectors: found 0; expected a whole number from 1 to 1000000',
    ],
    [
      'more collectors than satellites',
      broken('collectors: 4', 'collectors: 17'),
      's.yaml:15:5: jobs.0.collectors: found 17, but the area of interest has 16 satellites; expected at most 16, or a larger aoi',
    ],
    [
      'more satellites than one process has memory for',
      broken('planes: 6\n  satellitesPerPlane: 11', 'planes: 1000\n  satellitesPerPlane: 21'),
      's.yaml:4:3: constellation.satellitesPerPlane: found 21 in each of 1000 planes, 21000 in all; expected at most 20000 satellites, which is what one process has memory for',
    ],
    [
      'a fraction of a plane',
      broken('planes: 6', 'planes: 6.5'),
      's.yaml:3:3: constellation.planes: found 6.5; expected a whole number from 1 to 1000',
    ],
    [
      'a missing field',
      broken('  planes: 6\n', ''),
      's.yaml:2:1: constellation.planes: missing; expected a whole number from 1 to 1000',
    ],
    [
      'a satellite outside',
      broken('los: [1, 1]', 'los: [12, 1]'),
      's.yaml:13:5: jobs.0.los: found [12,1]; expected [sat, orb] with sat from 1 to 11 and orb from 1 to 6',
    ],
    [
      'a node outside',
      broken('los: [1, 1]', 'los: 67'),
      's.yaml:13:5: jobs.0.los: found 67; expected a node number from 1 to 66, or [sat, orb]',
    ],
    [
      'half a satellite',
      broken('los: [1, 1]', 'los: [1]'),
      's.yaml:13:5: jobs.0.los: found [1]; expected a node number or [sat, orb], both from 1',
    ],
    [
      'an area outside',
      broken('orbs: [2, 5]', 'orbs: [2, 7]'),
      's.yaml:14:26: jobs.0.aoi.orbs: found [2,7]; expected [min, max] within 1 to 6, the number of planes',
    ],
    [
      'an area backwards',
      broken('orbs: [2, 5]', 'orbs: [5, 2]'),
      's.yaml:14:26: jobs.0.aoi.orbs: found [5,2]; expected [min, max] with the smaller one first',
    ],
    [
      'faults out of order',
      broken('at: 2, kind', 'at: 0.5, kind'),
      's.yaml:10:7: faults.1.at: found 0.5 after 1; expected faults in order of time',
    ],
    [
      'an unknown fault',
      broken('node-up', 'node-on'),
      "s.yaml:10:14: faults.1.kind: found 'node-on'; expected 'node-down', 'node-up', 'link-down', 'link-up', 'contact-cancelled', 'contact-late', 'contact-slower', 'plan-update', 'node-crash', 'store-full', 'clock-step', 'clock-drift', 'forge' or 'heal'",
    ],
    [
      'a fault without its satellite',
      broken(', node: [2, 2] }\n  - { at: 2', ' }\n  - { at: 2'),
      's.yaml:9:5: faults.0.node: missing; expected a node number or [sat, orb], both from 1',
    ],
    [
      'a missing input file',
      `${GOOD}    data: { filename: gone.txt }\n`,
      "s.yaml:16:13: jobs.0.data.filename: found 'gone.txt' (gone.txt): no such file; expected an input file",
    ],
    [
      'a missing package',
      `${GOOD}    data: { filename: package:no-such-thing/a.txt }\n`,
      "s.yaml:16:13: jobs.0.data.filename: found 'package:no-such-thing/a.txt', which does not exist; expected an installed package; npm install no-such-thing may help",
    ],
    [
      'a file that a package lacks',
      `${GOOD}    data: { filename: package:yaml/gone.txt }\n`,
      "s.yaml:16:13: jobs.0.data.filename: found 'package:yaml/gone.txt', which does not exist; expected a file of the package yaml",
    ],
    [
      'a way out of a package',
      `${GOOD}    data: { filename: package:yaml/../zod/package.json }\n`,
      "s.yaml:16:13: jobs.0.data.filename: found 'package:yaml/../zod/package.json'; expected package:NAME/path with a path inside the package",
    ],
    [
      'two worlds',
      `${GOOD}plan: x.ionrc\n`,
      's.yaml:16:1: plan: found both constellation and plan; expected one of them',
    ],
    [
      'no world',
      'name: x\njobs:\n  - at: 1\n',
      's.yaml:1:1: no world; expected constellation, or plan with a contact plan file',
    ],
    [
      'nothing to carry',
      'constellation: { planes: 2, satellitesPerPlane: 11 }\n',
      's.yaml:1:1: jobs: nothing to carry; expected at least one job, or a flow in traffic',
    ],
    [
      'a syntax error',
      'name: x\njobs: [\n',
      's.yaml:3:1: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a field twice', 'name: x\nname: y\n', 's.yaml:2:1: not YAML: Map keys must be unique'],
    [
      'a list instead of fields',
      '- 1\n',
      's.yaml:1: expected a mapping of fields such as name, constellation and jobs',
    ],
    ['an empty file', '', 's.yaml:1: no world; expected constellation, or plan with a contact plan file'],
    [
      'a value that JSON cannot hold',
      `${GOOD}    data: { x: .inf }\n`,
      's.yaml:16:13: jobs.0.data.x: found Infinity; expected a value that JSON can hold',
    ],
    [
      'an unknown counter',
      `${GOOD}expect:\n  network:\n    losst: { min: 1 }\n`,
      "s.yaml:18:5: expect.network.losst: unknown field; did you mean 'expect.network.lost'?",
    ],
  ];
  it.each(cases)('%s', async (_, text, message) => {
    expect(await errorOf(text)).toBe(message);
  });

  it('names satellites by number only where a plan gives no grid', async () => {
    const text = 'plan: s.yaml\njobs:\n  - los: [1, 1]\n    aoi: [1, 2]\n    collectors: 1\n';
    expect(await errorOf(text)).toBe(
      's.yaml:3:5: jobs.0.los: found [1,1]; expected a node number, since the plan gives no satellitesPerPlane',
    );
    const area = 'plan: s.yaml\njobs:\n  - aoi: { sats: [1, 2], orbs: [1, 2] }\n    collectors: 1\n';
    expect(await errorOf(area)).toMatch(
      /^s\.yaml:3:5: jobs\.0\.aoi: found a grid box; expected a list of node numbers/,
    );
    const none = 'plan: s.yaml\njobs:\n  - at: 1\n';
    expect(await errorOf(none)).toMatch(/^s\.yaml:3:5: jobs\.0\.aoi: missing; expected a list of satellites/);
  });

  it('says so where the file itself is missing or a folder', async () => {
    await expect(loadScenario('/nowhere/x.yaml')).rejects.toThrow(
      '/nowhere/x.yaml: no such file; expected a scenario in YAML',
    );
    await expect(loadScenario(tmpdir())).rejects.toThrow(`${tmpdir()}: a folder; expected a scenario in YAML`);
  });

  it('lets no error of the schema library through for odd values anywhere', async () => {
    const fields = [
      'name',
      'seed',
      'constellation',
      'plan',
      'links',
      'links.loss',
      'custody',
      'faults',
      'faults.0',
      'traffic',
      'nodes',
      'nodes.clockless',
      'nodes.withoutCustody',
      'nodes.profile',
      'nodes.types',
      'security',
      'security.rules',
      'jobs',
      'jobs.0',
      'jobs.0.aoi',
      'jobs.0.los',
      'jobs.0.reducer',
      'expect',
      'timeScale',
    ];
    for (const field of fields) {
      for (const value of ['[[]]', '{a: {b: 1}}', 'true', '-1e99', '"\\u0000"', '[1, [2, 3], x]']) {
        const file = join(await mkdtemp(join(tmpdir(), 'leodtn-')), 's.yaml');
        await writeFile(file, GOOD);
        const error = await loadScenario(file, { set: [`${field}=${value}`] }).catch((thrown: unknown) => thrown);
        if (error instanceof Error) expect(error, `${field}=${value}`).toBeInstanceOf(InputFileError);
      }
    }
  });
});

describe('several --set', () => {
  const made = ['faults.0.kind=node-dwn', 'faults.0.at=1', 'faults.0.node=1'];
  const noFaults = GOOD.replace(/faults:\n.*\n.*\n/, '');
  it.each<[what: string, text: string, sets: string[], blamed: string]>([
    ['the one that gave a bad value', noFaults, made, 'faults.0.kind=node-dwn'],
    ['that one in another order', noFaults, [made[1]!, made[0]!, made[2]!], 'faults.0.kind=node-dwn'],
    ['the last one of a field', noFaults, ['links.loss=3', 'links.loss=2', 'links.duplication=0'], 'links.loss=2'],
    [
      'a mapping that gave it',
      GOOD,
      ['faults=[{at: 1, kind: x, node: 1}]', 'faults.0.node=2'],
      'faults=[{at: 1, kind: x, node: 1}]',
    ],
    [
      'the last one beside a missing field',
      noFaults,
      ['faults=[]', 'faults.0.kind=node-down', 'faults.0.at=1'],
      'faults.0.at=1',
    ],
    ['the one that took a field away', GOOD, ['faults.0.at=0', 'faults.0.node=null'], 'faults.0.node=null'],
  ])('blame %s', async (_, text, sets, blamed) => {
    expect(await errorOf(text, sets)).toMatch(new RegExp(`^--set ${blamed.replace(/[.[\]{}]/g, '\\$&')}: `));
  });
});

describe('a flow or a security rule that cannot be', () => {
  const flow = (more: string) => broken(/jobs:[\s\S]*/, `traffic:\n  - { from: 1, to: 2, ${more} }\n`);
  const rule = (more: string) =>
    flow('count: 1') +
    `security:\n  keys: keys.json\n  rules:\n    - { role: source, service: integrity, targets: [payload], key: k, ${more} }\n`;
  it.each([
    [
      'too long and not to be fragmented',
      flow('sizeBytes: 70000'),
      /traffic.0.sizeBytes: found 70000; expected at most 65251, or fragment: true$/,
    ],
    [
      'in custody and in fragments',
      flow('custody: true, fragment: true'),
      /traffic.0.fragment: found true beside custody: true; expected one of them/,
    ],
    [
      'with a block that nodes make',
      flow('blocks: [{ type: 10 }]'),
      /traffic.0.blocks.0.type: found 10; expected a block type that nodes do not make themselves$/,
    ],
    [
      'with a custody block',
      flow('blocks: [{ type: 13 }]'),
      /traffic.0.blocks.0.type: found 13; expected a block type that nodes do not make themselves$/,
    ],
    [
      'in custody under type numbers without custody',
      `${flow('custody: true')}nodes: { types: hdtn }\n`,
      /traffic.0.custody: found true; expected false with nodes.types hdtn, which has no custody blocks$/,
    ],
    [
      'or a job',
      `${GOOD}nodes: { types: hdtn }\n`,
      /custody.enabled: found true; expected false with nodes.types hdtn, which has no custody blocks$/,
    ],
    [
      'by type numbers of nobody',
      `${flow('count: 1')}nodes: { types: ion }\n`,
      /nodes.types: found 'ion'; expected 'ccsds', 'bplib' or 'hdtn'$/,
    ],
    [
      'with half a byte',
      flow('blocks: [{ type: 200, data: abc }]'),
      /traffic.0.blocks.0.data: found 'abc'; expected pairs of hexadecimal digits$/,
    ],
    [
      'with a report of nothing',
      flow('reports: [arrival]'),
      /traffic.0.reports.0: found 'arrival'; expected 'reception', 'forwarding', 'delivery', 'deletion' or 'time'$/,
    ],
    [
      'with a rule of an unknown role',
      rule('role: judge').replace('role: source, ', ''),
      /security.rules.0.role: found 'judge'; expected 'source', 'verifier' or 'acceptor'$/,
    ],
    [
      'with a rule that contradicts itself',
      rule('required: true'),
      /security.rules.0.required: this is for verifiers and acceptors$/,
    ],
    [
      'with a rule at no satellite',
      rule('nodes: [[99, 1]]'),
      /security.rules.0.nodes.0: found \[99,1\]; expected \[sat, orb\] with sat from 1 to 11/,
    ],
    [
      'with keys that are not there',
      rule('nodes: [1]'),
      /security.keys: found 'keys.json' \(.*\): no such file; expected a JSON Web Key Set$/,
    ],
    [
      'with a relay without custody that is none',
      `${GOOD}nodes: { withoutCustody: [99] }\n`,
      /nodes.withoutCustody.0: found 99; expected a node number from 1 to 66/,
    ],
    [
      'with a clockless satellite that is none',
      `${GOOD}nodes: { clockless: [99] }\n`,
      /nodes.clockless.0: found 99; expected a node number from 1 to 66/,
    ],
  ])('%s', async (_, text, message) => {
    expect(await errorOf(text)).toMatch(message);
  });
});

describe('a bad --set', () => {
  const cases: [set: string, message: string][] = [
    ['links.los=1', "--set links.los=1: links.los: unknown field; did you mean 'links.loss'?"],
    ['links.loss=2', '--set links.loss=2: links.loss: found 2; expected a number from 0 to 1'],
    ['links.loss', '--set links.loss: expected path=value, such as seed=7, with dots between the fields of a path'],
    [
      'links..loss=1',
      '--set links..loss=1: expected path=value, such as seed=7, with dots between the fields of a path',
    ],
    ['jobs.2.at=1', "--set jobs.2.at=1: found '2' in the path; expected an index from 0 to 0, or 1 to append"],
    ['jobs.x.at=1', "--set jobs.x.at=1: found 'x' in the path; expected an index from 0 to 0, or 1 to append"],
    ['name.first=1', "--set name.first=1: name is 'x' and has no field 'first'"],
    ['seed=[', '--set seed=[: the value is not YAML: Flow sequence must end with a ]'],
    [
      '__proto__.x=1',
      '--set __proto__.x=1: __proto__: unknown field; expected one of name, description, seed, constellation, plan, links, custody, store, nodes, routing, security, processing, faults, traffic, jobs, expect',
    ],
    [
      'traffic.0.from=3',
      '--set traffic.0.from=3: traffic.0.to: missing; expected a node number or [sat, orb], both from 1',
    ],
  ];
  it.each(cases)('%s', async (set, message) => {
    expect(await errorOf(GOOD, [set])).toBe(message);
  });
});
