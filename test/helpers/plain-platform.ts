import { createHash } from 'node:crypto';
import type { InputFile, Platform } from '../../src/base/platform.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A platform whose files are in memory, by name. Counts what is open, so that tests see what stays open. */
export class PlainPlatform implements Platform {
  readonly files = new Map<string, Uint8Array>();
  openFiles = 0;
  /** The most bytes that one read asked for. */
  longestReadBytes = 0;

  constructor(files: { readonly [name: string]: string | Uint8Array } = {}) {
    for (const [name, content] of Object.entries(files)) {
      this.files.set(name, typeof content === 'string' ? encoder.encode(content) : content);
    }
  }

  encodeUtf8(text: string): Uint8Array {
    return encoder.encode(text);
  }

  decodeUtf8(bytes: Uint8Array): string {
    return decoder.decode(bytes);
  }

  sha256() {
    const hash = createHash('sha256');
    return {
      update: (bytes: Uint8Array): void => {
        hash.update(bytes);
      },
      finish: (): Uint8Array => new Uint8Array(hash.digest()),
    };
  }

  async openFile(name: string): Promise<InputFile> {
    const content = this.files.get(name);
    if (content === undefined) throw new Error(`cannot open ${name}: there is no such file`);
    this.openFiles++;
    let isOpen = true;
    return {
      size: content.length,
      read: async (offset, length) => {
        if (!isOpen) throw new Error(`${name} is closed`);
        this.longestReadBytes = Math.max(this.longestReadBytes, length);
        return content.slice(offset, offset + length);
      },
      close: async () => {
        if (isOpen) this.openFiles--;
        isOpen = false;
      },
    };
  }
}
