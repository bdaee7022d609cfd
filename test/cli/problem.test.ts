import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeProblem, problemData } from '../../src/cli/problem.js';
import { defectFile, defectsAt } from '../../src/cli/report-defect.js';
import { visible } from '../../src/cli/terminal.js';
import { Failure, Failures } from '../../src/failure.js';
import { machineFailure } from '../../src/operator/operator-file.js';
import { Secret } from '../../src/secret.js';

const gate = new Failure({
  kind: 'gate',
  doing: 'Waiting for the host’s control plane',
  where: { host: 'cp-2', phase: 'verify' },
  said: 'still missing: etcd: /readyz: HTTP 503\n-- etcd: last lines of its container\nno leader',
  next: 'Run `podstrap up` again.',
});

test('a failure gives its four answers', () => {
  expect(describeProblem(gate, 'plain')).toBe(`✖ cp-2 · verify: Waiting for the host’s control plane
  still missing: etcd: /readyz: HTTP 503
  -- etcd: last lines of its container
  no leader
  → Run \`podstrap up\` again.`);
});

test('on a narrow terminal it is broken between words, and a command is never broken', () => {
  const long = new Failure({
    kind: 'inventory',
    doing: 'Reading cluster.yaml',
    said: '1 problem\ncluster.yaml:6:3  spec.kubernetes: unknown field; did you mean "kubernetesVersion"?',
    next: 'correct cluster.yaml and run the command again; `podstrap explain FIELD` describes a field',
  });
  expect(describeProblem(long, 'plain', 60).split('\n')).toEqual([
    '✖ Reading cluster.yaml',
    '  1 problem',
    '  cluster.yaml:6:3  spec.kubernetes: unknown field; did you',
    '    mean "kubernetesVersion"?',
    '  → correct cluster.yaml and run the command again;',
    '    `podstrap explain FIELD` describes a field',
  ]);
  expect(describeProblem(long, 'plain')).not.toContain('did you\n');
});

test('one that happened nowhere, and of which nothing was said', () => {
  expect(describeProblem(new Failure({ kind: 'usage', doing: 'Choosing' }), 'plain')).toBe('✖ Choosing');
});

test('several stand one below another', () => {
  const two = new Failures([
    gate.at({}),
    new Failure({ kind: 'unreachable', doing: 'Connecting', where: { host: 'cp-3' } }),
  ]);
  expect(describeProblem(two, 'plain').split('\n\n')).toEqual([
    describeProblem(gate, 'plain'),
    '✖ cp-3: Connecting',
  ]);
});

test('colors only dress the same words', () => {
  const codes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
  const dressed = visible(describeProblem(gate, 'color'));
  expect(dressed).not.toBe(describeProblem(gate, 'plain'));
  expect(dressed.replace(codes, '')).toBe(describeProblem(gate, 'plain'));
});

test('a defect is called one, with its stack and what to do', () => {
  const text = describeProblem(new TypeError('x is not a function'), 'plain');
  expect(text).toContain('This is a defect of podstrap');
  expect(text).toContain('TypeError: x is not a function');
});

test('the same as data', () => {
  expect(JSON.parse(JSON.stringify(problemData(new Failures([gate]))))).toEqual([
    {
      kind: 'gate',
      doing: gate.doing,
      where: { host: 'cp-2', phase: 'verify' },
      said: gate.said,
      next: gate.next,
    },
  ]);
  expect(problemData('oops')).toEqual([{ kind: 'internal', doing: 'Running podstrap', said: 'oops' }]);
});

test('a place is filled in where none was said, and never replaced', () => {
  const placed = new Failure({ kind: 'apply', doing: 'x', where: { host: 'a' } }).at({
    host: 'b',
    phase: 'node',
  });
  expect(placed.where).toEqual({ host: 'a', phase: 'node' });
});

test('a secret prints as one, however it is printed', async () => {
  const { inspect } = await import('node:util');
  const secret = new Secret('hunter2');
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
  ];
  for (const text of printed) {
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('hunter2');
  }
});

test('a password in an address is in no failure', () => {
  const url = 'http://ann:hunter2@mirror.example/x';
  const failure = new Failure({
    kind: 'artifact',
    doing: `Fetching ${url}`,
    said: `${url}: no`,
    next: `Look at ${url}`,
  });
  const texts = [failure.message, describeProblem(failure, 'plain'), JSON.stringify(problemData(failure))];
  for (const text of [...texts, failure.saying(url).message]) {
    expect(text).toContain('[redacted]@mirror.example');
    expect(text).not.toContain('hunter2');
  }
});

test('the details of a defect are in a file of their own, which only its owner may read', () => {
  const file = defectFile(new TypeError('oh', { cause: new Error('the reason') }), ['up', '--yes'])!;
  const text = readFileSync(file, 'utf8');
  rmSync(dirname(file), { recursive: true });
  for (const part of ['podstrap up --yes', process.version, 'TypeError: oh', 'the reason', 'problem.test.ts'])
    expect(text).toContain(part);
  expect(defectsAt('{}')).toBe('where you got podstrap from');
  expect(defectsAt('{"bugs":{"url":"https://example.com/issues"}}')).toBe('at https://example.com/issues');
});

test.each([
  ['ENOSPC', 'no space left there'],
  ['EACCES', 'you may not write there'],
  ['EROFS', 'read-only'],
])('what this machine refuses with %s is no defect', (code, says) => {
  const thrown = Object.assign(new Error('oh'), { code, syscall: 'write', path: '/there/file' });
  const failure = machineFailure(thrown)!;
  expect(failure).toMatchObject({ kind: 'usage', doing: 'Using /there/file' });
  expect(failure.said).toContain(says);
  expect(failure.next).toContain('df -h');
  expect(
    machineFailure(Object.assign(new Error('oh'), { code: 'ECONNRESET', syscall: 'read' })),
  ).toBeUndefined();
  expect(machineFailure(new TypeError('oh'))).toBeUndefined();
});

describe('what goes wrong on several hosts', () => {
  const refused = (host: string, address: string, said = 'refused; offered id_ed25519') =>
    new Failure({
      kind: 'authentication',
      doing: `logging in to ${address} as root`,
      where: { host },
      said,
      next: `see that \`ssh -p ${address.split(':')[1]} root@${address.split(':')[0]}\` works`,
    });
  const told = (...failures: readonly Failure[]) => describeProblem(new Failures(failures), 'plain');

  test('for one reason is told once, with their names', () => {
    const text = told(
      refused('cp-1', '192.0.2.1:22'),
      refused('cp-10', '192.0.2.10:22'),
      refused('w-1', 'w-1.example:2222'),
    );
    expect(text).toContain(
      '✖ cp-1, cp-10, w-1: logging in to 192.0.2.1:22, 192.0.2.10:22 and w-1.example:2222 as root\n',
    );
    expect(text.match(/✖/g)).toHaveLength(1);
  });

  test('names a few of many addresses', () => {
    const failures = [1, 2, 3, 4, 5].map((number) => refused(`cp-${number}`, `192.0.2.${number}:22`));
    expect(told(...failures)).toContain('logging in to 192.0.2.1:22, 192.0.2.2:22 and 3 more as root\n');
  });

  test('for reasons of their own is told for each', () => {
    const text = told(
      refused('cp-1', '192.0.2.1:22'),
      refused('cp-2', '192.0.2.2:22', 'no key was accepted'),
    );
    expect(text.match(/✖/g)).toHaveLength(2);
  });
});
