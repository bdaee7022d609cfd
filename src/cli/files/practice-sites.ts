import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Failure } from '../../failure.js';
import { makeOperatorFolder, writeOperatorFile } from '../../operator/operator-file.js';
import { isGone } from '../../operator/process-identity.js';
import { jsonText } from '../terminal.js';

const recordSchema = z.strictObject({
  name: z.string(),
  /** Whose process keeps the hosts: its number alone may be another's by now. */
  process: z.strictObject({ pid: z.int().positive(), host: z.string(), started: z.string() }),
  inventory: z.string(),
  hosts: z.array(z.string()),
  started: z.string(),
});

/** Practice hosts that stay until they are stopped. */
export type PracticeRecord = z.output<typeof recordSchema>;

/** Below the folder for temporary files, since whoever runs the hosts' shells must be able to pass through. */
const base = (): string => join(tmpdir(), `podstrap-practice-${userInfo().uid}`);

export const practiceFolder = (name: string): string => join(base(), name);
export const practiceLog = (name: string): string => join(base(), `${name}.log`);
const recordIn = (folder: string): string => join(folder, 'practice.json');

/** The folder of all practice hosts. @throws Failure `refused` when it is somebody else's: what is in it is run */
export async function practiceBase(): Promise<string> {
  const folder = base();
  await makeOperatorFolder(folder, { what: `the folder ${folder}`, mode: 0o711 });
  const there = await lstat(folder);
  if (there.isDirectory() && there.uid === userInfo().uid) return folder;
  throw new Failure({
    kind: 'refused',
    doing: 'Looking for practice hosts',
    said: `${folder} belongs to somebody else`,
    next: 'Set TMPDIR to a folder of your own that everyone may pass through.',
  });
}

export const saveRecord = (folder: string, record: PracticeRecord): Promise<string> =>
  writeOperatorFile(recordIn(folder), `${jsonText(record, 2)}\n`, {
    what: recordIn(folder),
    mode: 0o600,
    passing: true,
  });

/** Undefined where there are none of that name. */
export async function readRecord(name: string): Promise<PracticeRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(recordIn(practiceFolder(name)), 'utf8')));
  } catch {
    return undefined;
  }
}

export const isRunning = ({ process: identity }: PracticeRecord): boolean => !isGone(identity);

/** All that there are, by name; those whose start is under way or was cut off are not among them. */
export async function practiceRecords(): Promise<readonly PracticeRecord[]> {
  const names = (await readdir(await practiceBase(), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const records = await Promise.all(names.map(readRecord));
  return records.filter((record) => record !== undefined);
}

/** Milliseconds for practice hosts to end by themselves. */
const patience = 30_000;

/**
 * Ends practice hosts and removes their folder. Their process is told only when it is the very one that was started.
 * @throws Failure `refused` when it does not end
 */
export async function stopPractice(record: PracticeRecord): Promise<void> {
  const { pid } = record.process;
  if (isRunning(record)) process.kill(pid, 'SIGTERM');
  for (let waited = 0; isRunning(record); waited += 50) {
    if (waited > patience)
      throw new Failure({
        kind: 'refused',
        doing: `Stopping the practice hosts ${record.name}`,
        said: `process ${pid} does not end`,
        next: `See ${practiceLog(record.name)}; then run the same command again.`,
      });
    await delay(50);
  }
  await removePractice(record.name);
}

export async function removePractice(name: string): Promise<void> {
  await rm(practiceFolder(name), { recursive: true, force: true, maxRetries: 3 });
  await rm(practiceLog(name), { force: true });
}
