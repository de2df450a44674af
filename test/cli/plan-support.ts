/** What the tests of the plan and route commands share: small plans, and the commands on them. */
import { leodtn, type Ran } from './test-io.js';

/** The plan of the examples in README and help. */
export const MOON = 'scenarios/plans/moon.json';

/** Four nodes: two ways of equal arrival from 1 to 4, and one that waits. */
export const DIAMOND = `
a range +0 +1000 1 2 1
a range +0 +1000 1 3 1
a range +0 +1000 2 4 1
a range +0 +1000 3 4 1
a contact +0 +100 1 2 1000
a contact +0 +200 1 3 1000
a contact +0 +300 2 4 1000
a contact +10 +300 3 4 1000
a contact +500 +600 2 4 1000
`;

/** `leodtn plan` with these arguments and this standard input. */
export function plan(args: readonly string[], input: string | Uint8Array = ''): Promise<Ran> {
  return leodtn(['plan', ...args], { input });
}

/** `leodtn route` through the plan on standard input; options that the question must have and `args` lacks are given. */
export function route(
  input: string | Uint8Array,
  from: string,
  to: string,
  args: readonly string[] = [],
): Promise<Ran> {
  const at = args.includes('--at') ? [] : ['--at', '0'];
  return leodtn(['route', '--plan', '-', '--from', from, '--to', to, ...at, ...args], { input });
}

/** The object that a command printed with `--json`. */
export function jsonOf({ out }: Ran): Record<string, unknown> {
  return JSON.parse(out);
}
