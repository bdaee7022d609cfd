import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Emit } from '../events.js';

/** What happened in a run, one JSON object a line. Events hold no secrets: their texts are made of names and digests. */
export function journalFile(file: string, now: () => Date): { readonly emit: Emit; close(): Promise<void> } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk on the operator's machine must not end a run in the middle of its changes.
  stream.on('error', () => undefined);
  return {
    emit: (event) => {
      // Every chunk of a transfer would drown the rest.
      if (['transfer', 'fetch', 'verify'].includes(event.event)) return;
      stream.write(`${JSON.stringify({ at: now().toISOString(), ...event })}\n`);
    },
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}
