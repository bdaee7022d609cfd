import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { breakLock, lockLifetime, takeLock } from '../../src/apply/lock.js';
import { Failure } from '../../src/failure.js';
import type { Transport } from '../../src/transport/transport.js';
import { holdLock, makeWorld, type World } from './world.js';

const worlds: World[] = [];
const makeWorlds = (count: number): World[] => {
  const made = Array.from({ length: count }, (_, index) => makeWorld(`cp-${index + 1}`));
  worlds.push(...made);
  return made;
};
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.dispose();
});

const file = '/var/lib/podstrap/lock';
const ours = { id: 'ours', owner: 'me@here (podstrap up)' };
const transportsOf = (all: readonly World[]) => all.map(({ transport }) => transport);
const age = (at: World, seconds: number): void => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(join(at.root, file), then, then);
};
const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: Failure) => error,
  );

test('a lock is taken on every host, and given back', async () => {
  const all = makeWorlds(3);
  const lock = await takeLock(transportsOf(all), ours);
  expect(all.map((at) => at.read(file))).toEqual(Array(3).fill('ours me@here (podstrap up)\n'));
  expect(all[0]!.mode(file)).toBe(0o600);
  await lock.release();
  expect(all.map((at) => at.exists(file))).toEqual([false, false, false]);
});

test('one host in other hands means none is taken, and says whose', async () => {
  const all = makeWorlds(3);
  all[1]!.write(file, 'theirs you@there (podstrap up)\n');
  const failure = await failureOf(takeLock(transportsOf(all), ours));
  expect(failure.kind).toBe('locked');
  expect(failure.where.host).toBe('cp-2');
  expect(failure.said).toContain('you@there (podstrap up) is at work');
  expect(failure.next).toContain('podstrap unlock');
  expect(all.map((at) => at.exists(file))).toEqual([false, true, false]);
  expect(all[1]!.read(file)).toContain('theirs');
});

test('a host whose connection breaks means none is taken', async () => {
  const all = makeWorlds(3);
  const lost = new Failure({ kind: 'connection-lost', doing: 'using the connection' });
  const broken: Transport = { ...all[0]!.transport, exec: () => Promise.reject(lost) };
  const failure = await failureOf(takeLock([broken, ...transportsOf(all.slice(1))], ours));
  expect(failure).toBe(lost);
  expect(all.map((at) => at.exists(file))).toEqual([false, false, false]);
});

test('a lock that shows no sign of life is taken over', async () => {
  const [at] = makeWorlds(1) as [World];
  holdLock(at, 'theirs');
  age(at, lockLifetime - 20);
  expect((await failureOf(takeLock([at.transport], ours))).kind).toBe('locked');
  age(at, lockLifetime + 5);
  await (await takeLock([at.transport], ours)).release();
  expect(at.exists(file)).toBe(false);
});

test('a lock that was left empty by a loss of power frees itself, too', async () => {
  const [at] = makeWorlds(1) as [World];
  at.write(file, '');
  age(at, lockLifetime + 5);
  await takeLock([at.transport], ours);
  expect(at.read(file)).toContain('ours');
});

test('the same run may take it again', async () => {
  const [at] = makeWorlds(1) as [World];
  await takeLock([at.transport], ours);
  await takeLock([at.transport], ours);
  expect(at.read(file)).toContain('ours');
});

test('of many runs at once exactly one has it', async () => {
  const [at] = makeWorlds(1) as [World];
  const runs = Array.from({ length: 8 }, (_, index) => ({ id: `run-${index}`, owner: 'somebody' }));
  const results = await Promise.allSettled(runs.map((run) => takeLock([at.transport], run)));
  const winners = results.flatMap((result, index) =>
    result.status === 'fulfilled' ? [runs[index]!.id] : [],
  );
  expect(winners).toHaveLength(1);
  expect(at.read(file)).toContain(winners[0]);
});

test('what somebody else took over is not given back by us', async () => {
  const [at] = makeWorlds(1) as [World];
  const lock = await takeLock([at.transport], ours);
  holdLock(at, 'theirs');
  await lock.release();
  expect(at.read(file)).toContain('theirs');
});

test('an owner’s name may hold anything', async () => {
  const [at] = makeWorlds(1) as [World];
  const owner = `o'neil@"host" $(reboot) \`id\` (podstrap up)`;
  await takeLock([at.transport], { id: 'ours', owner });
  expect(at.read(file)).toBe(`ours ${owner}\n`);
});

test('a host that cannot write it says what to look at', async () => {
  const [at] = makeWorlds(1) as [World];
  await at.transport.exec({ script: 'rmdir "$R/var/lib/podstrap"; : >"$R/var/lib/podstrap"' });
  const failure = await failureOf(takeLock([at.transport], ours));
  expect(failure.kind).toBe('apply');
  expect(failure.next).toContain('/var/lib/podstrap');
});

describe('unlock', () => {
  test('takes a lock away and says whose it was', async () => {
    const [at] = makeWorlds(1) as [World];
    holdLock(at, 'theirs');
    expect(await breakLock(at.transport)).toEqual({ host: 'cp-1', owner: 'me@here (podstrap up)' });
    expect(at.exists(file)).toBe(false);
  });

  test('finds nothing where nothing is', async () => {
    const [at] = makeWorlds(1) as [World];
    expect(await breakLock(at.transport)).toEqual({ host: 'cp-1' });
  });
});
