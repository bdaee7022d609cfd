import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Emit, RunEvent } from '../../events.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { ProcessIdentity } from '../../operator/process-identity.js';
import type { ToldFailures } from '../problem.js';
import { jsonText, withoutHidden } from '../terminal.js';
import { stateDirectory } from './state-directory.js';

/** What a journal begins with. */
export interface RunBegan {
  readonly run: string;
  /** As in `podstrap COMMAND`. */
  readonly command: string;
  /** user@machine. */
  readonly by: string;
  /** Version of podstrap. */
  readonly podstrap: string;
  /** Tells a run that goes on from one that was killed. */
  readonly process: ProcessIdentity;
}

/** What a journal ends with, unless the run was killed. */
export interface RunEnded {
  readonly result: 'done' | 'failed' | 'interrupted';
  /** As `-o json` prints them. */
  readonly failures?: ToldFailures;
}

/** A line of a journal. */
export type JournalEntry = { /** ISO 8601. */ readonly at: string } & (
  | RunEvent
  | ({ readonly event: 'began' } & RunBegan)
  | ({ readonly event: 'ended' } & RunEnded)
);

/** Where the journals of a cluster's runs are. */
export const runsDirectory = (inventory: Inventory): string => join(stateDirectory(inventory), 'runs');

export const runFile = (inventory: Inventory, run: string): string =>
  join(runsDirectory(inventory), `${run}.jsonl`);

export interface Journal {
  readonly emit: Emit;
  begin(began: RunBegan): void;
  end(ended: RunEnded): void;
  close(): Promise<void>;
}

/** What happened in a run, one JSON object a line. Events hold no secrets: their texts are made of names and digests. */
export function journalFile(file: string, now: () => Date): Journal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk on the operator's machine must not end a run in the middle of its changes.
  stream.on('error', () => undefined);
  const write = (entry: object) =>
    void stream.write(`${withoutHidden(jsonText({ at: now().toISOString(), ...entry }))}\n`);
  return {
    emit: (event) => {
      // Every chunk of a transfer would drown the rest.
      if (!['transfer', 'fetch', 'verify'].includes(event.event)) write(event);
    },
    begin: (began) => write({ event: 'began', ...began }),
    end: (ended) => write({ event: 'ended', ...ended }),
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}
