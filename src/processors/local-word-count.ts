import { emptyRecord } from '../base/json.js';
import type { Platform } from '../base/platform.js';

/**
 * Counts the words of a file in the plainest way: the whole text, split at "\n" without the empty piece after a final one,
 * each line split at " ". An oracle for word count jobs, which is why it shares nothing with the processors. Rejects where
 * the file cannot be read.
 */
export async function localWordCount(platform: Platform, filename: string): Promise<{ [word: string]: number }> {
  const file = await platform.openFile(filename);
  let text: string;
  try {
    text = platform.decodeUtf8(await file.read(0, file.size));
  } finally {
    await file.close();
  }
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  const tally = new Map<string, number>();
  for (const line of lines) {
    for (const word of line.split(' ')) tally.set(word, (tally.get(word) ?? 0) + 1);
  }
  const counts = emptyRecord<number>();
  for (const [word, count] of tally) counts[word] = count;
  return counts;
}
