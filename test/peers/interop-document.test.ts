/** docs/interop.md names what the code lets pass and what the tests forgive. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUNDLE_RULES, LENIENT_ALLOWANCES } from '../../src/bpv7/index.js';
import { LIMITS } from './tshark-limits.js';

const text = readFileSync(new URL('../../docs/interop.md', import.meta.url), 'utf8');

describe('docs/interop.md', () => {
  it('has a row for every allowance of the lenient profile', () => {
    expect([...LENIENT_ALLOWANCES].filter((rule) => !text.includes(`\`${rule}\``))).toEqual([]);
  });

  it('names no rule that does not exist', () => {
    const named = [...text.matchAll(/`((?:primary|block|bundle|fragment|cbor|age)-[a-z-]+)`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !(BUNDLE_RULES as readonly string[]).includes(name as string))).toEqual([]);
  });

  it('lists by name what tshark does not know', () => {
    expect(Object.keys(LIMITS).filter((name) => !text.includes(`| ${name} |`))).toEqual([]);
  });
});
