import { describe, expect, it, test } from 'vitest';
import {
  progressOf,
  reported,
  reportedNumber,
  reportedOwner,
  reportedSnapshot,
} from '../../src/apply/reports.js';
import { Failure } from '../../src/failure.js';

const unsound = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect([error.kind, error.where.host]).toEqual(['unsound', 'w-1']);
    return error.said ?? '';
  }
  throw new Error('nothing was thrown');
};

describe('steps that a host reports', () => {
  const things = ['a', 'b', 'c'];
  const read = (lines: readonly string[], whole = true) => {
    const done: string[] = [];
    const progress = progressOf(things, (thing) => done.push(thing));
    for (const line of lines) progress.take(line);
    return { done, failed: progress.judge('w-1', whole) };
  };

  test('come one after another, whatever else it prints', () => {
    expect(read(['@done 0', 'tar: hello', '@done 1', '@end', '@done 2'])).toEqual({
      done: things,
      failed: undefined,
    });
  });

  test.each([
    [['@done 0', '@failed 1 4'], 'b'],
    [['@failed 2 1'], 'c'],
    [['@done 0', '@done 1', '@done 2', '@failed 3 1'], undefined],
    [[], undefined],
  ] as const)('%j fails at %s', (lines, failed) => {
    expect(read(lines, false).failed).toBe(failed);
  });

  it.each<readonly [readonly string[], string]>([
    [['@done 1'], 'another than the next'],
    [['@done 0', '@done 0'], 'one twice'],
    [['@done 3'], 'one that there is not'],
    [['@done -1'], 'less than none'],
    [['@done'], 'none'],
    [['@done 0 0'], 'more than one'],
    [['@done __proto__'], 'a word'],
    [[`@done ${'9'.repeat(400)}`], 'a number without end'],
    [['@done 1e0'], 'a number of another form'],
    [['@failed 4 1'], 'a failure of one that there is not'],
    [['@done 0', '@failed 0 1'], 'a failure of one that is done'],
    [['@failed 0 1', '@failed 0 1'], 'two failures'],
    [['@failed 0 1', '@done 0'], 'more behind a failure'],
  ])('%j make the host unsound: %s', (lines) => {
    expect(unsound(() => read(lines, false))).toMatch(/^it reports "@/);
  });

  it('makes the host unsound when it reports the end before it', () => {
    expect(unsound(() => read(['@done 0']))).toMatch(/everything, and 1 of 3/);
  });

  it('tells nothing behind what makes no sense', () => {
    const done: string[] = [];
    const progress = progressOf(things, (thing) => done.push(thing));
    for (const line of ['@done 0', '@done 7', '@done 1']) progress.take(line);
    expect(done).toEqual(['a']);
  });
});

test('bytes that a host has of a blob are a number up to its size', () => {
  const of = (stdout: string) => reportedNumber('w-1', stdout, 'have', 100);
  expect([of(''), of('x\n@have 0\n'), of('@have 100\n')]).toEqual([0, 0, 100]);
  for (const text of ['@have 101', '@have -1', '@have NaN', '@have ', '@have 1\n@have 1', '@have 0x10'])
    expect(unsound(() => of(text))).toMatch(/^it reports @have/);
});

test('what etcdutl says of a snapshot has versions, or none', () => {
  const of = (stdout: string) => reportedSnapshot('w-1', stdout);
  expect(of('@etcdutl 3.6.8\n@snapshot {"hash":1,"version":"3.6.0"}\n')).toEqual({
    program: '3.6.8',
    version: '3.6.0',
  });
  expect(of('@etcdutl \n@snapshot {"hash":1}\n')).toEqual({ program: '', version: undefined });
  expect(of('@etcdutl 3.6.8\n@snapshot {"version":""}\n').version).toBe('');
  for (const text of [
    '',
    '@etcdutl 3.6.8',
    '@etcdutl 3.6.8\n@snapshot no',
    '@etcdutl 3.6.8\n@snapshot {"version":3}',
    '@etcdutl 3.6.8\n@snapshot {"version":"3.6.0\\u001b[2K"}',
    '@etcdutl \u001b[2K\n@snapshot {}',
    '@etcdutl 3.6.8\n@snapshot {}\n@snapshot {}',
  ])
    unsound(() => of(text));
});

test('the owner of a lock is shown as one line of printable text', () => {
  expect(reportedOwner('@done 0\n@locked me@there (podstrap up)\n')).toBe('me@there (podstrap up)');
  expect(reportedOwner('@locked \n')).toBe('');
  expect(reportedOwner('done\n')).toBeUndefined();
  expect(reportedOwner(`@locked a\u001b[2Kb${'c'.repeat(999)}\n`)).toMatch(/^a\[2Kbc{100,195}$/);
});

test('lines of a word are those that begin with it', () => {
  expect(reported('@left a\n x @left b\n@leftover c\n@left d', 'left')).toEqual(['a', 'd']);
});
