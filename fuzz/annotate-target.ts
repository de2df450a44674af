/** What the command line shows of a bundle: the annotated tree of any bytes, and the JSON of a bundle, which makes the same bundle again. */
import { type Allowance, annotateBundle, type Bundle, decodeBundle, encodeBundle } from '../src/bpv7/index.js';
import { AllowanceList, bundleJson } from '../src/cli/bundle/json.js';
import { bundleOfSpec } from '../src/cli/bundle/spec.js';
import { drawBundle } from './bundles.js';
import { decoded, expect, type Tally, type Target } from './target.js';

/** Where a spec stands in the world; a spec made from a bundle needs neither. */
const PLACE = { folder: '.', unixTimeMs: 1_800_000_000_000 };

/** Annotates whatever it is given, and writes it as JSON where it is a bundle. */
export const annotateTarget: Target = {
  name: 'annotate',
  draw: (random) => drawBundle(random),
  run(input, tally) {
    checkTree(input, tally);
    const list = new AllowanceList();
    const options = { profile: 'lenient', onAllowance: (allowance: Allowance) => list.add(allowance) } as const;
    const bundle = decoded(tally, input, 'lenient', () => decodeBundle(input, options));
    if (bundle === undefined) return;
    const profile = list.count === 0 ? 'strict' : 'lenient';
    const json = JSON.stringify(bundleJson(bundle, profile, list));
    tally.count(`JSON ${profile}`);
    if (list.count === 0) checkSpec(bundle, json);
  },
};

/** The fields cover every byte once and in order. */
function checkTree(input: Uint8Array, tally: Tally): void {
  let end = 0;
  for (const { offset, length, depth, name, section, verdict } of annotateBundle(input)) {
    expect(offset === end && length >= 1, 'the fields of the tree leave a gap or overlap');
    expect(depth >= 0 && depth <= 32, 'a field of the tree is too deep');
    end = offset + length;
    tally.see(`${name.replace(/\d+/g, '')} ${section} ${verdict}`);
  }
  expect(end === input.length, 'the tree does not reach the end of the input');
  tally.count('trees');
}

/** The JSON of a bundle, read as a spec, gives a bundle with the same values. */
function checkSpec(bundle: Bundle, json: string): void {
  const again = decodeBundle(encodeBundle(bundleOfSpec(JSON.parse(json), PLACE)));
  expect(text(again) === text(bundle), 'the JSON of a bundle makes another bundle');
}

/** Values in words, without what only tells how they came: the bytes received, and the form of an ipn endpoint ID, which text hides. */
function text({ primary, blocks }: Bundle): string {
  const plain = blocks.map(({ type, number, flags, crcType, data }) => [type, number, flags, crcType, [...data]]);
  return JSON.stringify([primary, plain], (key, value) => {
    if (key === 'raw' || key === 'threeElement') return undefined;
    return typeof value === 'bigint' ? `${value}` : value;
  });
}
