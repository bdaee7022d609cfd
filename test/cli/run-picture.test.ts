import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inAscii, readsUnicode, wrapped } from '../../src/cli/terminal.js';
import { oneScreen } from '../../src/cli/view/one-screen.js';
import { runPicture } from '../../src/cli/view/run-picture.js';
import { tableLines } from '../../src/cli/view/table.js';
import { stageTitles } from '../../src/cli/view/texts.js';
import type { RunEvent } from '../../src/events.js';

/** A picture after these events, each a second after the one before, and what stays of them. */
function seen(hosts: readonly string[], events: readonly RunEvent[], columns = 80, rows = 10) {
  const picture = runPicture(hosts, 'plain', false);
  const stays = events.flatMap((event, index) => picture.take(event, index * 1000));
  return { stays, lines: picture.lines(events.length * 1000, columns, rows) };
}

const started = (stage: string): RunEvent => ({ event: 'stage', stage, state: 'started' });
const finished = (stage: string): RunEvent => ({ event: 'stage', stage, state: 'finished', seconds: 2 });
const step = (host: string, text: string): RunEvent => ({ event: 'step', host, step: text, reason: '' });
const planned = (...hosts: readonly string[]): RunEvent => ({
  event: 'planned',
  plan: 'd',
  steps: hosts.map((host) => ({ host, step: 's', reason: '' })),
  seconds: 20,
});

describe('a run that goes on', () => {
  test('per host: what happens now, n of m steps, for how long; and what is left by the estimate', () => {
    const { lines } = seen(
      ['cp-1', 'cp-2'],
      [
        planned('cp-1', 'cp-1', 'cp-2'),
        started('start'),
        step('cp-1', 'write /x'),
        { event: 'waiting', host: 'cp-2', stage: 'start', for: 'etcd' },
        step('cp-1', 'add static pod etcd'),
      ],
    );
    expect(lines).toEqual([
      expect.stringMatching(/^[-|/\\] Start the control plane {2}2 of 3 steps · 5 s · about 15 s left$/),
      '    cp-1    2/2  add static pod etcd',
      '    cp-2    0/1  waiting for etcd  2 s',
    ]);
  });

  test('a stage that is finished is one line that stays, and nothing is well before it is', () => {
    const { stays, lines } = seen(['cp-1'], [started('connect'), finished('connect'), started('look')]);
    expect(stays).toEqual(['✔ Connect  2.0 s']);
    expect(lines.join('\n')).not.toContain('✔');
  });

  test('what was true in the stage before is no longer said', () => {
    const { lines } = seen(
      ['cp-1', 'cp-2'],
      [started('verify'), step('cp-1', 'import coredns'), finished('verify'), started('check')],
    );
    expect(lines.slice(1)).toEqual(
      ['    cp-1', '    cp-2'].map((line) => expect.stringMatching(`^${line} *$`)),
    );
  });

  test('longer than estimated is said so', () => {
    const picture = runPicture(['cp-1'], 'plain', false);
    picture.take(planned('cp-1'), 0);
    expect(picture.lines(30_000, 80, 5)[0]).toContain('longer than the estimated 20 s');
  });
});

test('of more hosts than rows: the failed, the busy, and a count', () => {
  const hosts = Array.from({ length: 40 }, (_, index) => `w-${index + 1}`);
  const { lines } = seen(
    hosts,
    [
      started('workers'),
      ...hosts
        .slice(0, 30)
        .map((host): RunEvent => ({ event: 'host-done', host, stage: 'workers', did: 'ok' })),
      { event: 'host-failed', host: 'w-12', stage: 'workers', said: 'no space left' },
      step('w-35', 'restart kubelet.service'),
    ],
    60,
    6,
  );
  expect(lines).toHaveLength(6);
  const text = lines.join('\n');
  expect(text).toContain('✖ w-12  no space left');
  expect(text).toContain('w-35  restart kubelet.service');
  expect(lines.at(-1)).toBe('    and 36 more: 7 waiting, 29 done');
});

test.each([1, 5, 10, 40, 60, 80, 200])('no line is wider than a terminal of %i columns', (columns) => {
  const { lines } = seen(
    ['cp-1'],
    [
      planned('cp-1'),
      started('start'),
      step('cp-1', 'write /etc/kubernetes/pki/apiserver-kubelet-client.key'),
    ],
    columns,
  );
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(1, columns - 1));
});

describe('a table', () => {
  const rows = [
    { cells: ['ENDS', 'HOST', 'CERTIFICATE', 'READ BY'] },
    { cells: ['2027-01-01 10:00', 'cp-1', '/etc/kubernetes/pki/apiserver.crt', 'kube-apiserver (restart)'] },
  ];

  test('stands on one line a row where there is room, or where nobody knows the width', () => {
    for (const width of [undefined, 200]) expect(tableLines(rows, 'plain', width)).toHaveLength(2);
  });

  test('goes on below with whole columns where there is not', () => {
    expect(tableLines(rows, 'plain', 60)).toEqual([
      'ENDS              HOST  CERTIFICATE',
      '    READ BY',
      '2027-01-01 10:00  cp-1  /etc/kubernetes/pki/apiserver.crt',
      '    kube-apiserver (restart)',
    ]);
  });

  test.each([40, 60, 80])('has no line that is wider than %i, nor a word that is cut', (width) => {
    const lines = tableLines(rows, 'plain', width);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    const words = (texts: readonly string[]) => texts.join(' ').split(/\s+/).filter(Boolean).sort();
    expect(words(lines)).toEqual(words(rows.flatMap(({ cells }) => cells)));
  });
});

test('a line is broken between words, and never within one', () => {
  expect(wrapped('  ab cd efghijkl m', 8, '    ')).toEqual(['  ab cd', '    efghijkl', '    m']);
});

test('a screen keeps its headline, and what is not well', () => {
  const lines = [
    'prod: not healthy',
    '',
    ...Array.from({ length: 30 }, (_, index) => `✔ w-${index}`),
    '✖ cp-1',
  ];
  expect(oneScreen(lines, 80, 6)).toEqual([
    'prod: not healthy',
    '✔ w-0',
    '✔ w-1',
    '✖ cp-1',
    '… 28 more lines; `podstrap status` shows all',
  ]);
  expect(oneScreen(lines, 80, 60)).toHaveLength(33);
});

test.each([
  [{ LC_ALL: 'C' }, true, false],
  [{ LC_ALL: 'C' }, false, false],
  [{ LC_ALL: 'C.UTF-8', LANG: 'C' }, true, true],
  [{ LC_ALL: '', LANG: 'de_DE.utf8' }, true, true],
  [{ LANG: 'de_DE.ISO-8859-1' }, true, false],
  [{}, true, false],
  [{}, false, true],
])('the locale %j, on a terminal %s: Unicode %s', (environment, terminal, reads) => {
  expect(readsUnicode(environment, terminal)).toBe(reads);
});

test('in ASCII nothing is lost that means something', () => {
  expect(inAscii('✔ cp-1 · podstrap’s “x” → … Ünder')).toBe('v cp-1 - podstrap\'s "x" > ... ?nder');
});

test('every stage that the docs name, and no other, has a headline', () => {
  const page = readFileSync(new URL('../../docs/plan-format.md', import.meta.url), 'utf8');
  const told = page.split('\n').find((line) => line.startsWith('Stages of `up`:'))!;
  const names = [...told.matchAll(/`([a-z ]+)`/g)].map(([, name]) => name!);
  const commands = ['up', 'etcd restore'];
  expect(Object.keys(stageTitles).sort()).toEqual(
    [...new Set(names)].filter((name) => !commands.includes(name)).sort(),
  );
});
