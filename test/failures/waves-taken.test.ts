import { expect, test } from 'vitest';
import type { JournalEntry } from '../../src/cli/files/journal-file.js';
import { wavesTaken } from './waves-taken.js';

const at = '2026-11-30T12:00:00.000Z';
const wave = (name: string, state: 'started' | 'finished'): JournalEntry => ({
  at,
  event: 'wave',
  wave: name,
  state,
});
const step = (host: string): JournalEntry => ({
  at,
  event: 'step',
  host,
  step: 'restart kubelet',
  reason: '',
});
const planned: JournalEntry = {
  at,
  event: 'planned',
  plan: 'a',
  steps: ['cp-1', 'cp-2'].map((host) => ({ host, step: 'restart kubelet', reason: '', wave: host })),
  waves: [
    { name: 'cp-1', after: [] },
    { name: 'cp-2', after: ['cp-1'] },
    { name: 'addons', after: ['settled'] },
  ],
};
const settled: JournalEntry = { at, event: 'stage', stage: 'health', state: 'finished' };
const done: JournalEntry = { at, event: 'ended', result: 'done' };
const turn = (host: string) => [wave(host, 'started'), step(host), wave(host, 'finished')];
const addons = [wave('addons', 'started'), wave('addons', 'finished')];

test.each<readonly [string, readonly JournalEntry[], readonly string[]]>([
  ['as planned', [...turn('cp-1'), ...turn('cp-2'), settled, ...addons, done], []],
  ['one that is cut off', [wave('cp-1', 'started'), step('cp-1')], []],
  [
    'another order',
    [...turn('cp-2'), ...turn('cp-1'), settled, ...addons, done],
    ['cp-2 began before cp-1 had ended'],
  ],
  ['at the same time', [wave('cp-1', 'started'), ...turn('cp-2')], ['cp-2 began before cp-1 had ended']],
  ['before it is settled', [...turn('cp-1'), ...addons], ['addons began before settled had ended']],
  [
    'twice',
    [...turn('cp-1'), ...turn('cp-1')],
    ['cp-1 began twice', 'cp-1: restart kubelet: not in a wave that had begun'],
  ],
  ['nobody planned it', [wave('w-1', 'started')], ['w-1 is not in the plan']],
  [
    'a step in the wave of another',
    [wave('cp-1', 'started'), step('cp-2')],
    ['cp-2: restart kubelet: not in a wave that had begun'],
  ],
  [
    'a wave and a step that never came',
    [wave('cp-1', 'started'), wave('cp-1', 'finished'), ...turn('cp-2'), settled, done],
    ['addons never came', 'cp-1: restart kubelet: never taken'],
  ],
])('what a run did is compared with its plan: %s', (_name, entries, complaints) => {
  expect(wavesTaken([planned, ...entries])).toEqual(complaints);
});
