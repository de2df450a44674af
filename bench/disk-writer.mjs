// Writes so many bytes to a file in pieces of 4 MiB and synchronises after each; prints the seconds that it took.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';

const PIECE_BYTES = 4 * 1024 * 1024;

const [path, bytes] = process.argv.slice(2);
const piece = new Uint8Array(PIECE_BYTES).fill(7);
const file = openSync(path, 'w');
const start = performance.now();
for (let left = Number(bytes); left > 0; left -= PIECE_BYTES) {
  const length = Math.min(left, PIECE_BYTES);
  for (let done = 0; done < length; ) done += writeSync(file, piece, done, length - done);
  fdatasyncSync(file);
}
console.log((performance.now() - start) / 1000);
closeSync(file);
rmSync(path);
