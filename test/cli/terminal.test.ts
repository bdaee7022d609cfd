import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkKinds } from '../../src/check/check-report.js';
import { describeProblem } from '../../src/cli/problem.js';
import { dressed, jsonText, visible } from '../../src/cli/terminal.js';
import { certificatesText } from '../../src/cli/view/certificates.js';
import { checkText } from '../../src/cli/view/check.js';
import { folded, inLine } from '../../src/cli/view/foreign.js';
import { historyText, storyText } from '../../src/cli/view/history.js';
import { planText } from '../../src/cli/view/plan.js';
import { progressLine } from '../../src/cli/view/progress.js';
import { statusText } from '../../src/cli/view/status.js';
import { lineOf } from '../../src/cli/view/texts.js';
import { Failure } from '../../src/failure.js';
import { waveOf } from '../../src/plan/waves/wave.js';

/** Nothing that a terminal obeys but line feeds, tabs and colors. */
const obeyed = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const withoutColors = (text: string): string => text.replace(/\u001b\[[0-9;]+m/g, '');

describe('what a terminal would obey is shown instead', () => {
  test.each([
    ['the end of a line that is written over', 'bad\rgood', 'bad\\x0dgood'],
    ['colors', '\u001b[32mok\u001b[0m', '\\x1b[32mok\\x1b[0m'],
    ['an erased screen', '\u001b[2J\u001b[H', '\\x1b[2J\\x1b[H'],
    ['a title of the window', '\u001b]0;x\u0007', '\\x1b]0;x\\x07'],
    ['a control sequence in one byte (C1)', '\u009b2J', '\\x9b2J'],
    ['backspaces and delete', 'rm\b\b\u007f', 'rm\\x08\\x08\\x7f'],
    ['a turned direction', 'a\u202egnp.exe\u2066b\u2069', 'a\\u202egnp.exe\\u2066b\\u2069'],
    ['letters without width', 'a\u200bb\ufeff\u00ad', 'a\\u200bb\\ufeff\\xad'],
    ['lines that only some see', 'a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\x85d'],
    ['tags', 'x\u{e0041}', 'x\\u{e0041}'],
    ['half a character', 'x\ud800y', 'x\\ud800y'],
  ])('%s', (_title, text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(JSON.parse(jsonText({ text }))).toEqual({ text });
    expect(jsonText({ text })).not.toMatch(obeyed);
  });

  test('letters of all peoples, tabs and line feeds stay', () => {
    const text = 'é漢🚀 Привет\tשלום\nend';
    expect(visible(text)).toBe(text);
  });

  test('our own colors stay, and nobody can pass for us', () => {
    const text = `${dressed('color', 'red', 'bad')}: ${dressed('color', ['green', 'bold'], 'x\u001b[0m')}`;
    expect(visible(text)).toBe('\u001b[31mbad\u001b[39m: \u001b[32m\u001b[1mx\\x1b[0m\u001b[22m\u001b[39m');
    expect(visible('\u001b0123456789abcdef[31mred')).toBe('\\x1b0123456789abcdef[31mred');
    expect(dressed('plain', 'red', 'bad')).toBe('bad');
  });

  test('of any text, in any JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(obeyed);
        expect(jsonText([text])).not.toMatch(obeyed);
        expect(JSON.parse(jsonText([text]))).toEqual([text]);
      }),
    );
  });
});

test('a line of somebody else is set in, and no longer than people read', () => {
  expect(folded('one\ntwo\nthree')).toBe('one\n    two\n    three');
  expect(inLine('one\ntwo')).toBe('one\\ntwo');
  const long = 'x'.repeat(100_000);
  expect(folded(`${long}\n${long}`).length).toBeLessThan(5_000);
  expect(inLine(long)).toBe(`${'x'.repeat(2000)}… (98000 more characters)`);
});

/** What a host says to pass for podstrap: an erased line, and a line of its own that tells of success. */
const marker = 'FORGED';
const hostile = `x\u001b[1A\u001b[2K\r\u009b1A\u202e\n${marker} Done: 0 changes\n${marker}`;

const step = {
  host: 'cp-1',
  phase: 'control-plane',
  action: { do: 'remove-file', path: hostile },
  reason: hostile,
} as const;
const hostileSteps = [{ ...step, diff: `-${hostile}\n+${hostile}\n` }];
const run = {
  ...{ run: hostile, time: hostile, by: hostile, command: hostile, changes: 1, result: 'failed', seconds: 1 },
  ...{ plan: undefined, steps: [{ at: hostile, host: 'cp-1', step: hostile, reason: hostile }] },
  warnings: [{ host: 'cp-1', message: hostile }],
  failures: [{ doing: hostile, where: { host: hostile }, said: hostile, next: hostile }],
} as never;
const drawn: string[] = [];

const views: Readonly<Record<string, () => string>> = {
  'a failure': () =>
    describeProblem(
      new Failure({
        ...{ kind: 'gate', doing: hostile, said: hostile, next: hostile },
        where: { host: hostile, phase: hostile, step: hostile },
      }),
      'color',
    ),
  'a defect': () => describeProblem(new Error(hostile), 'color'),
  'a warning': () => lineOf({ event: 'warning', host: 'cp-1', message: hostile })!,
  'a step': () => lineOf({ event: 'step', host: 'cp-1', step: hostile, reason: hostile })!,
  'a wait': () => lineOf({ event: 'waiting', host: 'cp-1', stage: 'look', for: hostile })!,
  'what was done': () => lineOf({ event: 'host-done', host: 'cp-1', stage: 'look', did: hostile })!,
  'a plan': () =>
    planText(
      {
        plan: {
          steps: hostileSteps,
          strangers: [{ host: 'cp-1', path: hostile, said: hostile }],
          waves: [
            waveOf({
              name: 'change cp-1',
              title: hostile,
              kind: 'change',
              hosts: ['cp-1'],
              steps: hostileSteps,
            }),
          ],
        },
        estimate: { bytes: 0, watched: 0, seconds: 1 },
      } as never,
      'color',
    ),
  'a status': () =>
    statusText(
      {
        ...{ cluster: 'prod', situation: 'live', kubernetesVersion: 'v1.36.3', healthy: false },
        hosts: [
          {
            ...{ host: 'cp-1', reachable: true, os: hostile, kubelet: { healthy: false, missing: hostile } },
            pods: [
              {
                name: 'etcd',
                version: hostile,
                wantedRevision: 'a',
                running: 'other',
                restarts: 1,
                missing: hostile,
              },
            ],
            certificates: [],
            drift: [hostile],
          },
          { host: 'cp-2', reachable: false, said: hostile },
        ],
        etcd: [{ name: hostile, role: 'voter', version: hostile, answers: false }],
        addons: [
          { name: 'x', objects: 1, workloads: [{ object: hostile, state: 'not-well', said: hostile }] },
        ],
        virtualAddress: { address: '10.0.0.1', holders: [hostile] },
        ...{ refused: [hostile], clusterDrift: [hostile], uncompared: [] },
        strangers: [{ host: 'cp-1', path: hostile, said: hostile }],
      } as never,
      'color',
    ),
  certificates: () =>
    certificatesText(
      {
        items: [
          {
            ...{ expires: '2026-11-30T00:00:00Z', daysLeft: 1, host: 'cp-1', path: hostile, issuer: hostile },
            ...{ commonName: hostile, organizations: [hostile], usages: [hostile], authority: false },
            ...{ readBy: [], dnsNames: [hostile], ipAddresses: [], problems: [hostile] },
          },
        ],
        unreachable: [{ host: 'cp-2', said: hostile }],
      } as never,
      'color',
    ),
  'a check': () =>
    checkText(
      {
        ...{ cluster: 'prod', ok: false, seconds: 1 },
        checks: [
          {
            check: checkKinds[0].name,
            node: 'cp-1',
            result: 'failed',
            seconds: 1,
            said: hostile,
            next: hostile,
          },
        ],
      } as never,
      'color',
    ),
  'the runs': () =>
    historyText(
      [run],
      {
        hosts: [{ host: 'cp-1', generation: { run: hostile, rollbackTo: hostile }, generations: [hostile] }],
        unreachable: [{ host: 'cp-2', said: hostile }],
      } as never,
      'color',
    ),
  'one run': () => storyText(run, 'color'),
  'a line of progress': () => {
    const stream = { isTTY: true, columns: 80, write: (text: string) => drawn.push(text) };
    progressLine(stream, () => 0).tell(hostile, 1, undefined);
    return drawn.join('').replace('\r\u001b[K', '');
  },
};

test.each(Object.entries(views))(
  '%s: a host erases nothing, and no line of it passes for one of ours',
  (_name, view) => {
    const text = withoutColors(visible(view()));
    expect(text).toContain(marker);
    expect(text).not.toMatch(obeyed);
    expect(text.split('\n').filter((line) => /^(\S )?FORGED/.test(line))).toEqual([]);
  },
);
