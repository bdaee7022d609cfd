import { expect, test } from 'vitest';
import { knownRuns, runBefore, type ToldRuns } from '../../src/plan/documents/known-runs.js';

const at = (host: string, generations: readonly string[], rollbackTo?: string): ToldRuns => ({
  host,
  generation: { run: generations.at(-1)!, ...(rollbackTo === undefined ? {} : { rollbackTo }) },
  generations,
});
const three = ['cp-1', 'cp-2', 'cp-3'];

test('a run counts that most control planes keep, or the operator remembers; nobody else makes one up', () => {
  const told = [
    at('cp-1', ['1', '2', '9']),
    at('cp-2', ['1', '2']),
    at('cp-3', ['2']),
    at('w-1', ['1', '2', '8']),
    at('w-2', ['8']),
  ];
  expect([...knownRuns([], three, told)].sort()).toEqual(['1', '2']);
  expect([...knownRuns(['8'], three, told)].sort()).toEqual(['1', '2', '8']);
});

test('the one before is the newest before what the hosts have now', () => {
  const hosts = [at('cp-1', ['1', '2', '3']), at('w-1', ['1', '2', '3'])];
  expect(runBefore(new Set(['1', '2', '3']), hosts)).toEqual({ state: '3', run: '2' });
  expect(runBefore(new Set(['3']), hosts)).toEqual({ state: '3', run: undefined });
});

test('a rollback counts as what it brought back', () => {
  expect(runBefore(new Set(['1', '2', '3', '4']), [at('cp-1', ['1', '2', '3', '4'], '2')])).toEqual({
    state: '2',
    run: '1',
  });
});

test('a host that claims to be at a run that nobody knows moves nothing', () => {
  const hosts = [at('cp-1', ['1', '2']), at('w-1', ['1', '2', '99'])];
  expect(runBefore(new Set(['1', '2']), hosts)).toEqual({ state: '2', run: '1' });
});
