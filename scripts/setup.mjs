// Makes a fresh clone ready: installs what package-lock.json names and compiles src/ into dist/, each only when
// something changed since the last time. `npm start`, `npm test` and `npm run bench` all begin here.
// Flags: --build compiles even when nothing changed; --quiet prints only while it really works.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const flags = new Set(process.argv.slice(2));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`leodtn needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and run this again.`);
}

const lockHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const installStamp = join(root, 'node_modules', '.leodtn-lock');
if (stampOf(installStamp) !== lockHash) {
  console.error('leodtn: installing dependencies (npm ci) ...');
  // The stamp is written only after a whole install, so an interrupted one is done again.
  const problem = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (problem !== undefined) fail(problem);
  writeFileSync(installStamp, lockHash);
}

const sourceHash = hashOf([join(root, 'src'), join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json')]);
const dist = join(root, 'dist');
const buildStamp = join(dist, '.leodtn-source');
if (flags.has('--build') || stampOf(buildStamp) !== sourceHash) {
  if (!flags.has('--quiet') || !existsSync(buildStamp)) console.error('leodtn: compiling ...');
  compile();
}

/** Compiles into a folder of its own and puts it in place whole: a faulty source leaves the last good dist/ as it is. */
function compile() {
  const fresh = join(root, `.dist-${process.pid}`);
  const old = join(root, `.dist-${process.pid}-old`);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const problem = run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh]);
  if (problem === undefined) {
    // npm makes a `bin` executable when it installs a package; in a clone nobody else does.
    chmodSync(join(fresh, 'cli', 'main.js'), 0o755);
    writeFileSync(join(fresh, '.leodtn-source'), sourceHash);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  }
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  if (problem !== undefined) fail(problem);
}

/** Runs a command with its output on standard error; what went wrong, or undefined. */
function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (result.error) return `could not start ${command}: ${result.error.message}`;
  return result.status === 0
    ? undefined
    : `${command} ${args.join(' ')} ended with status ${result.status}; see above.`;
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

function stampOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function fail(message) {
  console.error(`leodtn: ${message}`);
  process.exit(1);
}
