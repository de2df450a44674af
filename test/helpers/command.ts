/** The compiled command, for tests that run it as a process of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './tree.js';

/** Path of the compiled `leodtn`; it is compiled first where the sources have changed. */
export function builtCommand(): string {
  const built = spawnSync(process.execPath, [join(ROOT, 'scripts', 'setup.mjs'), '--quiet'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`leodtn cannot be compiled: ${built.stderr}`);
  return join(ROOT, 'dist', 'cli', 'main.js');
}
