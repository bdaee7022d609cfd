import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { journalFile } from '../../src/cli/files/journal-file.js';
import { isChange, readHistory, readStory } from '../../src/cli/files/read-history.js';
import { historyRows, historyText, storyText } from '../../src/cli/view/history.js';
import { thisProcess } from '../../src/operator/process-identity.js';
import type { HostsHistory } from '../../src/stories/history.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podstrap-history-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const gone = { ...thisProcess(), pid: 2 ** 22 + 1 };
const began = (run: string, command = 'up', process = thisProcess()) => ({
  run,
  command,
  by: 'me@here',
  podstrap: '0.1.0',
  process,
});
const step = { event: 'step', host: 'cp-1', step: 'write /etc/a', reason: 'its content differs' } as const;
const planned = {
  event: 'planned',
  plan: 'f'.repeat(64),
  steps: [
    { host: 'cp-1', step: 'write /etc/a', reason: 'its content differs' },
    { host: 'cp-2', step: 'write /etc/a', reason: 'its content differs' },
  ],
} as const;

/** A clock that moves on by a second at every look. */
function clock() {
  let seconds = 0;
  return () => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds++));
}

const write = (run: string) => journalFile(join(directory, `${run}.jsonl`), clock());

test('a run that failed: who, what, how many changes, how long, why, and what was planned and not done', async () => {
  const journal = write('run-1');
  journal.begin(began('run-1'));
  journal.emit(planned);
  journal.emit({ event: 'transfer', host: 'cp-1', artifact: 'kubelet', sent: 1, total: 2 });
  journal.emit(step);
  journal.end({
    result: 'failed',
    failures: [{ kind: 'gate', doing: 'Waiting', where: { host: 'cp-1' }, said: 'no', next: 'Look.' }],
  });
  await journal.close();
  const story = readStory(directory, 'run');
  expect(story).toMatchObject({
    run: 'run-1',
    time: '2026-01-01T00:00:00.000Z',
    by: 'me@here',
    command: 'up',
    changes: 1,
    result: 'failed',
    seconds: 3,
  });
  const text = storyText(story, 'plain');
  expect(text).toMatch(/Done\n {2}\d\d:00:02 cp-1: write \/etc\/a/);
  expect(text).toContain('Planned and not done\n  cp-2: write /etc/a');
  expect(text).toContain('Failed\n  cp-1: Waiting\n    no\n    → Look.');
});

test('what a finished run did not do was done already, and an object that came first was updated', async () => {
  const node = (step: string) => ({ host: '', step, reason: 'a test' });
  const plan = { ...planned, steps: [...planned.steps, node('create Node cp-1')] };
  for (const [run, result] of [
    ['done', 'done'],
    ['stopped', 'interrupted'],
  ] as const) {
    const journal = write(run);
    journal.begin(began(run));
    journal.emit(plan);
    journal.emit(step);
    journal.emit({ event: 'step', ...node('update Node cp-1') });
    journal.end({ result });
    await journal.close();
  }
  expect(storyText(readStory(directory, 'done'), 'plain')).not.toContain('not done');
  const left = storyText(readStory(directory, 'stopped'), 'plain').split('Planned and not done\n')[1]!;
  expect(left).toContain('cp-2: write /etc/a');
  expect(left).not.toContain('Node cp-1');
});

test('a run that was killed in the middle of a line is told from one that goes on', async () => {
  for (const [run, process] of [
    ['killed', gone],
    ['running', thisProcess()],
  ] as const) {
    const journal = write(run);
    journal.begin(began(run, 'up', process));
    await journal.close();
  }
  writeFileSync(join(directory, 'killed.jsonl'), '{"at":"2026-01-01T00:0', { flag: 'a' });
  expect(readHistory(directory).map(({ run, result }) => [run, result])).toEqual([
    ['killed', 'killed'],
    ['running', 'running'],
  ]);
});

test('runs that only looked are told from runs that changed something', async () => {
  const looked = write('looked');
  looked.begin(began('looked', 'plan'));
  looked.end({ result: 'done' });
  const changed = write('changed');
  changed.begin(began('changed'));
  changed.emit(planned);
  changed.end({ result: 'done' });
  await Promise.all([looked.close(), changed.close()]);
  expect(
    readHistory(directory)
      .filter(isChange)
      .map(({ run }) => run),
  ).toEqual(['changed']);
});

test('a run that is not there, or not the only one, is refused with what to type', () => {
  for (const run of ['a-1', 'a-2']) writeFileSync(join(directory, `${run}.jsonl`), '');
  expect(() => readStory(directory, 'b')).toThrow('has no such run');
  expect(() => readStory(directory, 'a')).toThrow('a-1, a-2');
  expect(readHistory(join(directory, 'none'))).toEqual([]);
});

test('what another operator did comes from the hosts, each run once', () => {
  const entry = {
    run: 'b',
    time: '2026-01-01T00:00:00.000Z',
    by: 'you@there (podstrap rollback)',
    podstrap: '0.1.0',
    plan: 'f'.repeat(64),
    steps: 2,
    rollbackTo: 'a',
    result: 'done',
  } as const;
  const seen: HostsHistory = {
    hosts: ['cp-1', 'cp-2'].map((host) => ({
      host,
      generation: { run: 'b', rollbackTo: 'a' },
      generations: ['a', 'b'],
      journal: [{ ...entry, run: 'a', by: 'me@here (podstrap up)' }, entry],
    })),
    unreachable: [{ host: 'cp-3', said: 'no route' }],
  };
  const own = [
    { run: 'a', time: entry.time, by: 'me@here', command: 'up', changes: 9, result: 'done', seconds: 1 },
  ] as const;
  const rows = historyRows(own, seen);
  expect(rows.map(({ run, by, changes }) => [run, by, changes])).toEqual([
    ['a', 'me@here', 9],
    ['b', 'you@there', 4],
  ]);
  const text = historyText(rows, seen, 'plain');
  expect(text).toMatch(/b +2026-01-01 00:00:00 +you@there +rollback to a +4 +done +-/);
  expect(text).toContain('cp-2: at b (rolled back to a); keeps a, b');
  expect(text).toContain('cp-3: no route');
});

test('a table of runs fits on 80 columns, without the times that their names begin with', () => {
  const row = {
    run: '20260101T000000Z-3f9a',
    time: '2026-01-01T00:00:00.000Z',
    by: 'root@vm',
    command: 'up',
    changes: 278,
    result: 'done',
    seconds: 4.8,
  } as const;
  const lines = (width?: number) => historyText([row], undefined, 'plain', width).split('\n');
  expect(lines(80)).toHaveLength(2);
  expect(lines(80)[1]).toMatch(/^20260101T000000Z-3f9a {2}root@vm.* 4\.8 s$/);
  expect(lines()[1]).toContain('2026-01-01 00:00:00');
});
