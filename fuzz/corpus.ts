/** The inputs to begin with: every hexadecimal string in the vectors of the tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex } from '../src/base/bytes.js';

const VECTORS = fileURLToPath(new URL('../test/vectors', import.meta.url));

/** Longer ones would slow every mutation of them; the generator makes long inputs. */
const MAX_BYTES = 8_192;

/** All of them once, in the order of file names. */
export function vectorCorpus(): Uint8Array[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value.length <= 2 * MAX_BYTES && /^(?:[0-9a-f]{2}){2,}$/.test(value)) found.add(value);
    } else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit);
  };
  for (const name of readdirSync(VECTORS).sort()) {
    if (name.endsWith('.json')) visit(JSON.parse(readFileSync(`${VECTORS}/${name}`, 'utf8')));
  }
  return [...found].map(fromHex);
}
