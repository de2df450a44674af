// Makes a fresh clone ready: installs what package-lock.json names and compiles src/ into dist/, each only when
// something changed since the last time. `npm start`, `npm test` and `npm run bench` all begin here.
// Flags: --build compiles even when nothing changed; --quiet prints only while it really works.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const flags = new Set(process.argv.slice(2));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`leodtn needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and run this again.`);
}

const lockHash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
const installStamp = join(root, 'node_modules', '.leodtn-lock');
if (!existsSync(installStamp) || readFileSync(installStamp, 'utf8') !== lockHash) {
  console.error('leodtn: installing dependencies (npm ci) ...');
  // The stamp is written only after a whole install, so an interrupted one is done again.
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(installStamp, lockHash);
}

const sourceHash = hashOf([join(root, 'src'), join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json')]);
const buildStamp = join(root, 'dist', '.leodtn-source');
if (flags.has('--build') || !existsSync(buildStamp) || readFileSync(buildStamp, 'utf8') !== sourceHash) {
  if (!flags.has('--quiet') || !existsSync(buildStamp)) console.error('leodtn: compiling ...');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
  writeFileSync(buildStamp, sourceHash);
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (result.error) fail(`could not start ${command}: ${result.error.message}`);
  if (result.status !== 0) fail(`${command} ${args.join(' ')} ended with status ${result.status}; see its output above.`);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(path.slice(root.length)).update('\0').update(readFileSync(path));
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

function fail(message) {
  console.error(`leodtn: ${message}`);
  process.exit(1);
}
