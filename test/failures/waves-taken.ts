import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalEntry } from '../../src/cli/files/journal-file.js';

type Told<E extends string> = Extract<JournalEntry, { readonly event: E }>;

/**
 * In what a run did otherwise than its plan says, as sentences: waves that began too early, steps outside their wave, and, of a
 * run that succeeded, waves and steps that never came.
 */
export const wavesTaken = (entries: readonly JournalEntry[]): readonly string[] => {
  const rounds = roundsOf(entries);
  return rounds.flatMap((round, index) =>
    ofRound(
      index < rounds.length - 1 ? [...round, { ...entries.at(-1)!, event: 'ended', result: 'done' }] : round,
    ),
  );
};

/** Some commands plan and apply several times, each once the one before is done. */
function roundsOf(entries: readonly JournalEntry[]): readonly (readonly JournalEntry[])[] {
  const rounds: JournalEntry[][] = [[]];
  let hasBegun = false;
  for (const entry of entries) {
    if (entry.event === 'planned' && hasBegun) {
      rounds.push([]);
      hasBegun = false;
    }
    if (entry.event === 'wave') hasBegun = true;
    rounds.at(-1)!.push(entry);
  }
  return rounds;
}

function ofRound(entries: readonly JournalEntry[]): readonly string[] {
  const complaints: string[] = [];
  const begins = entries.findIndex(({ event }) => event === 'wave');
  const isPlanned = (entry: JournalEntry): entry is Told<'planned'> => entry.event === 'planned';
  const planned = entries.slice(0, begins < 0 ? undefined : begins).findLast(isPlanned);
  const after = new Map((planned?.waves ?? []).map((wave) => [wave.name, wave.after]));
  const left = [...(planned?.steps ?? [])];
  // Nothing more is done on a worker that was lost meanwhile.
  const passed = new Set(
    entries.flatMap((entry) =>
      entry.event === 'warning' && entry.message.startsWith('passed over: ') ? [entry.host ?? ''] : [],
    ),
  );
  const open = new Set<string>();
  const ended = new Set<string>();
  let isSettled = false;
  for (const entry of entries) {
    if (entry.event === 'stage' && entry.stage === 'health' && entry.state === 'finished') isSettled = true;
    if (entry.event === 'wave' && entry.state === 'finished') {
      if (!open.delete(entry.wave)) complaints.push(`${entry.wave} ended and had not begun`);
      ended.add(entry.wave);
    }
    if (entry.event === 'wave' && entry.state === 'started') {
      const { wave } = entry;
      if (!after.has(wave)) complaints.push(`${wave} is not in the plan`);
      if (open.has(wave) || ended.has(wave)) complaints.push(`${wave} began twice`);
      for (const other of after.get(wave) ?? [])
        if (other === 'settled' ? !isSettled : after.has(other) && !ended.has(other))
          complaints.push(`${wave} began before ${other} had ended`);
      open.add(wave);
    }
    if (entry.event === 'step' && after.size > 0) {
      const place = left.findIndex(
        ({ host, step, wave }) => host === entry.host && step === entry.step && open.has(wave ?? ''),
      );
      // Objects that could not be compared before are applied with the others.
      const isExtra = entry.host === '' && (open.has('objects') || open.has('addons'));
      if (place >= 0) left.splice(place, 1);
      else if (!isExtra) complaints.push(`${entry.host}: ${entry.step}: not in a wave that had begun`);
    }
  }
  // A roll-out may go on in another run, and hosts that failed within its tolerance have not taken their steps.
  const isPartial = entries.some(({ event }) => event === 'held');
  if (
    begins >= 0 &&
    !isPartial &&
    entries.some((entry) => entry.event === 'ended' && entry.result === 'done')
  ) {
    for (const wave of after.keys()) if (!ended.has(wave)) complaints.push(`${wave} never came`);
    // Whether an object still differs is seen when it is applied.
    for (const { host, step } of left)
      if (host !== '' && !passed.has(host)) complaints.push(`${host}: ${step}: never taken`);
  }
  return complaints;
}

/** Looks at the journals in a folder, each once. */
export function journalWatch(folder: string): (also?: 'unfinished') => Promise<readonly string[]> {
  const seen = new Set<string>();
  return async (also) => {
    const names = await readdir(folder).catch(() => []);
    const complaints = names.map(async (name): Promise<readonly string[]> => {
      if (seen.has(name) || !name.endsWith('.jsonl')) return [];
      const lines = (await readFile(join(folder, name), 'utf8')).split('\n').slice(0, -1);
      const entries = lines.map((line) => JSON.parse(line) as JournalEntry);
      // One that goes on, or was killed.
      if (also === undefined && entries.at(-1)?.event !== 'ended') return [];
      seen.add(name);
      return wavesTaken(entries).map((complaint) => `${name}: ${complaint}`);
    });
    return (await Promise.all(complaints)).flat();
  };
}
