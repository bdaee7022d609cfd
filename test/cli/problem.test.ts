import { expect, test } from 'vitest';
import { describeProblem, problemData } from '../../src/cli/problem.js';
import { visible } from '../../src/cli/terminal.js';
import { Failure, Failures } from '../../src/failure.js';
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
  expect(text).toContain('→ Please report it');
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
