import { once } from 'node:events';
import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { heartbeat } from '../../src/apply/lock/heartbeat.js';
import { breakLocks, readLock } from '../../src/apply/lock/held-lock.js';
import {
  type Lock,
  lossFirst,
  takeLock,
  takeLockOfEach,
  takeLockOfMost,
  whileHeld,
} from '../../src/apply/lock/lock.js';
import { lockLifetime } from '../../src/apply/lock/lock-script.js';
import { fence } from '../../src/apply/scripts/fence.js';
import { Failure } from '../../src/failure.js';
import { newLockId } from '../../src/operator/lock-id.js';
import { thisProcess } from '../../src/operator/process-identity.js';
import type { Session } from '../../src/survey/session.js';
import type { Transport } from '../../src/transport/transport.js';
import { missing, poll } from '../../src/verify/poll.js';
import { randomFrom } from '../lab/random.js';
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
const namesOf = (all: readonly World[]) => all.map(({ transport }) => transport.host);
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
  const lock = await takeLock(transportsOf(all), namesOf(all), ours);
  for (const at of all) expect(at.read(file)).toMatch(/^ours \d+ me@here \(podstrap up\)\n$/);
  expect(all.map((at) => at.list('/var/lib/podstrap'))).toEqual(Array(3).fill(['lock']));
  expect(all[0]!.mode(file)).toBe(0o600);
  await lock.release();
  expect(all.map((at) => at.exists(file))).toEqual([false, false, false]);
});

describe('of hosts that stand for themselves', () => {
  const theirs = { id: 'theirs', owner: 'you@there (podstrap up)' };

  test('two operators with different hosts do not meet', async () => {
    const all = makeWorlds(4);
    const [mine, yours] = [all.slice(0, 2), all.slice(2)];
    const locks = await Promise.all([
      takeLockOfEach(transportsOf(mine), ours),
      takeLockOfEach(transportsOf(yours), theirs),
    ]);
    expect(locks.map(({ refused }) => refused)).toEqual([[], []]);
    for (const lock of locks) await lock.release();
    expect(all.map((at) => at.exists(file))).toEqual(Array(4).fill(false));
  });

  test('a host that another run has is passed over, and stays with that run', async () => {
    const all = makeWorlds(3);
    const lock = await takeLockOfEach(transportsOf(all.slice(0, 2)), theirs);
    const other = await takeLockOfEach(transportsOf(all), ours);
    expect(other.refused.map(({ kind, where }) => [kind, where.host])).toEqual([
      ['locked', 'cp-1'],
      ['locked', 'cp-2'],
    ]);
    await other.release();
    expect(all.map((at) => at.exists(file))).toEqual([true, true, false]);
    expect(all[0]!.read(file)).toContain('theirs');
    await lock.release();
  });

  test('of two runs that begin at the same moment no host is with both', async () => {
    const all = makeWorlds(3);
    const locks = await Promise.allSettled([
      takeLockOfEach(transportsOf(all), ours),
      takeLockOfEach(transportsOf(all), theirs),
    ]);
    const had = locks.flatMap((one) =>
      one.status === 'rejected'
        ? []
        : namesOf(all).filter((name) => one.value.refused.every(({ where }) => where.host !== name)),
    );
    expect([...had].sort()).toEqual(namesOf(all));
    for (const one of locks) if (one.status === 'fulfilled') await one.value.release();
  });

  test('where every host is with another run, that is the failure', async () => {
    const all = makeWorlds(2);
    const lock = await takeLockOfEach(transportsOf(all), theirs);
    const failure = await failureOf(takeLockOfEach(transportsOf(all), ours));
    expect(failure.kind).toBe('locked');
    expect(failure.said).toContain('locked by you@there (podstrap up)');
    expect(all[0]!.read(file)).toContain('theirs');
    await lock.release();
  });
});

test('one host in other hands means none is taken, and says whose', async () => {
  const all = makeWorlds(3);
  all[1]!.write(file, 'theirs you@there (podstrap up)\n');
  const failure = await failureOf(takeLock(transportsOf(all), namesOf(all), ours));
  expect(failure.kind).toBe('locked');
  expect(failure.where.host).toBe('cp-2');
  expect(failure.said).toContain('locked by you@there (podstrap up)');
  expect(failure.next).toContain('podstrap unlock');
  expect(all.map((at) => at.exists(file))).toEqual([false, true, false]);
  expect(all[1]!.read(file)).toContain('theirs');
});

test('a host whose connection breaks means none is taken', async () => {
  const all = makeWorlds(3);
  const lost = new Failure({ kind: 'connection-lost', doing: 'using the connection' });
  const broken: Transport = { ...all[0]!.transport, exec: () => Promise.reject(lost) };
  const failure = await failureOf(takeLock([broken, ...transportsOf(all.slice(1))], namesOf(all), ours));
  expect(failure).toBe(lost);
  expect(all.map((at) => at.exists(file))).toEqual([false, false, false]);
});

test('a lock without a heartbeat is taken over', async () => {
  const [at] = makeWorlds(1) as [World];
  holdLock(at, 'theirs');
  age(at, lockLifetime - 20);
  expect((await failureOf(takeLock([at.transport], ['cp-1'], ours))).kind).toBe('locked');
  age(at, lockLifetime + 5);
  const lock = await takeLock([at.transport], ['cp-1'], ours);
  await lock.release();
  expect(at.exists(file)).toBe(false);
});

test.each(['', 'theirs', 'theirs 17', '\n'])('a lock that is not whole (%j) blocks nobody', async (text) => {
  const [at] = makeWorlds(1) as [World];
  at.write(file, text);
  expect(await readLock(at.transport)).toBeUndefined();
  await takeLock([at.transport], ['cp-1'], ours);
  expect(at.read(file)).toContain('ours');
});

test('the same run may take it again', async () => {
  const [at] = makeWorlds(1) as [World];
  await takeLock([at.transport], ['cp-1'], ours);
  await takeLock([at.transport], ['cp-1'], ours);
  expect(at.read(file)).toContain('ours');
});

test('of many runs at once exactly one has it', async () => {
  const [at] = makeWorlds(1) as [World];
  const runs = Array.from({ length: 8 }, (_, index) => ({ id: `run-${index}`, owner: 'somebody' }));
  const results = await Promise.allSettled(runs.map((run) => takeLock([at.transport], ['cp-1'], run, 500)));
  const winners = results.flatMap((result, index) =>
    result.status === 'fulfilled' ? [runs[index]!.id] : [],
  );
  expect(winners).toHaveLength(1);
  expect(at.read(file)).toContain(winners[0]);
});

test('what somebody else took over is not given back by us', async () => {
  const [at] = makeWorlds(1) as [World];
  const lock = await takeLock([at.transport], ['cp-1'], ours);
  holdLock(at, 'theirs');
  await lock.release();
  expect(at.read(file)).toContain('theirs');
});

test('an owner’s name may hold anything', async () => {
  const [at] = makeWorlds(1) as [World];
  const owner = `o'neil@"host" $(reboot) \`id\` (podstrap up)`;
  await takeLock([at.transport], ['cp-1'], { id: 'ours', owner });
  expect(at.read(file)).toMatch(/^ours \d+ /);
  expect((await readLock(at.transport))?.owner).toBe(owner);
});

test('a host that cannot write it says what to look at', async () => {
  const [at] = makeWorlds(1) as [World];
  await at.transport.exec({ script: 'rmdir "$R/var/lib/podstrap"; : >"$R/var/lib/podstrap"' });
  const failure = await failureOf(takeLock([at.transport], ['cp-1'], ours));
  expect(failure.kind).toBe('apply');
  expect(failure.next).toContain('/var/lib/podstrap');
});

test('a full disk is said as such, and leaves nothing behind', async () => {
  const all = makeWorlds(3);
  await all[1]!.transport.exec({ script: `ln -s /dev/full "$R${file}.new"` });
  const failure = await failureOf(takeLock(transportsOf(all), namesOf(all), ours));
  expect([failure.kind, failure.where.host]).toEqual(['apply', 'cp-2']);
  expect(failure.next).toContain('Free some space');
  expect(all.map((at) => at.list('/var/lib/podstrap'))).toEqual([[], [], []]);
});

describe('a majority of control planes', () => {
  test('is enough, and every other host that can be reached gets it, too', async () => {
    const all = makeWorlds(4);
    const lock = await takeLock(transportsOf(all.slice(1)), namesOf(all.slice(0, 3)), ours);
    expect(all.map((at) => at.exists(file))).toEqual([false, true, true, true]);
    await lock.release();
  });

  test.each([
    [2, 1],
    [3, 1],
    [4, 2],
    [5, 2],
  ])('of %i is not %i: nothing is written, and the missing are named', async (count, reached) => {
    const all = makeWorlds(count);
    const failure = await failureOf(takeLock(transportsOf(all.slice(0, reached)), namesOf(all), ours));
    expect(failure.kind).toBe('unreachable');
    for (const name of namesOf(all.slice(reached))) expect(failure.said).toContain(name);
    expect(failure.said).not.toContain('cp-1');
    expect(all.some((at) => at.exists(file))).toBe(false);
  });

  test('is not counted with workers', async () => {
    const all = makeWorlds(3);
    const failure = await failureOf(takeLock(transportsOf(all.slice(1)), ['cp-1', 'cp-2'], ours));
    expect(failure.said).toMatch(/missing: cp-1$/);
  });

  test('cannot be had by two who reach different hosts', async () => {
    const all = makeWorlds(3);
    const lock = await takeLock(transportsOf(all.slice(0, 2)), namesOf(all), ours);
    const theirs = { id: 'theirs', owner: 'you@there (podstrap up)' };
    const failure = await failureOf(takeLock(transportsOf(all.slice(1)), namesOf(all), theirs, 300));
    expect(failure.said).toMatch(/^locked by me@here \(podstrap up\) for \d+ s; last heartbeat \d+ s ago$/);
    expect(all[2]!.exists(file)).toBe(false);
    await lock.release();
    await (await takeLock(transportsOf(all.slice(1)), namesOf(all), theirs)).release();
  });
});

test('of runs that begin at the same moment exactly one goes on, however many hosts each of them reaches', async () => {
  const seed = Number(process.env['LOCK_SEED'] ?? 20_262);
  const random = randomFrom(seed);
  const all = makeWorlds(5);
  for (let round = 0; round < 8; round++) {
    const count = 1 + Math.floor(random() * 5);
    const control = all.slice(0, count);
    const runs = Array.from({ length: 2 + Math.floor(random() * 2) }, () => {
      const missed = Math.floor(random() * Math.ceil(count / 2));
      const start = Math.floor(random() * count);
      const reached = all.filter((_, index) => index >= count || (index - start + count) % count >= missed);
      const order = random() < 0.5 ? reached : [...reached].reverse();
      return takeLock(transportsOf(order), namesOf(control), { id: newLockId(), owner: 'somebody' }, 6_000);
    });
    const results = await Promise.allSettled(runs);
    const said = `round ${round}, seed ${seed}, ${count} control planes, ${runs.length} runs`;
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(locks.length, said).toBe(1);
    for (const result of results)
      if (result.status === 'rejected') expect((result.reason as Failure).kind, said).toBe('locked');
    const [lock] = locks as [Lock];
    const held = all.filter((at) => at.exists(file)).map((at) => at.read(file).split(' ')[0]);
    expect(new Set(held), said).toEqual(new Set([lock.id]));
    await lock.release();
    expect(
      all.some((at) => at.exists(file)),
      said,
    ).toBe(false);
  }
}, 120_000);

test('a run that was taken for dead cannot write any more, and its heartbeat keeps nobody’s lock', async () => {
  const [at] = makeWorlds(1) as [World];
  const write = (id: string) => at.transport.exec({ script: `${fence(id)}\n: >"$R/written"` });
  await takeLock([at.transport], ['cp-1'], ours);
  age(at, lockLifetime - 5);
  expect((await write('ours')).code).toBe(0);
  await at.transport.exec({ script: 'rm "$R/written"' });
  expect((await readLock(at.transport))!.silent).toBeLessThan(lockLifetime - 10);
  age(at, lockLifetime + 5);
  const lock = await takeLock([at.transport], ['cp-1'], { id: 'theirs', owner: 'you@there' });
  expect((await write('ours')).code).toBe(75);
  expect(at.exists('/written')).toBe(false);
  expect((await write('theirs')).code).toBe(0);
  await lock.release();
  expect((await write('theirs')).code).toBe(75);
});

test('a lock is had only when the switch of the run before has ended', async () => {
  const [at] = makeWorlds(1) as [World];
  holdLock(at, 'theirs');
  age(at, lockLifetime + 5);
  await at.transport.exec({
    script: 'systemd-run --quiet --collect --unit=podstrap-switch /bin/sh -c "sleep 1; : >\\"$R/switched\\""',
  });
  const lock = await takeLock([at.transport], ['cp-1'], ours);
  expect(at.exists('/switched')).toBe(true);
  await lock.release();
});

describe('a single host', () => {
  const theirs = (seconds: number) =>
    `theirs ${Math.floor(Date.now() / 1000) - seconds} you@there (podstrap up)\n`;

  test.each([
    ['a worker', 3],
    ['one control plane of three', 0],
  ])('that says it is in other hands, %s, is passed over and stays theirs', async (_, index) => {
    const all = makeWorlds(4);
    all[index]!.write(file, theirs(3_600));
    const lock = await takeLockOfMost(transportsOf(all), namesOf(all.slice(0, 3)), ours);
    expect(lock.refused).toHaveLength(1);
    const [refused] = lock.refused as [Failure];
    expect([refused.kind, refused.where.host]).toEqual(['locked', all[index]!.transport.host]);
    expect(refused.said).toContain('locked by you@there (podstrap up)');
    expect(refused.next).toContain('podstrap unlock');
    const write = await all[index]!.transport.exec({ script: `${fence('ours')}\n: >"$R/written"` });
    expect([write.code, all[index]!.exists('/written')]).toEqual([75, false]);
    await lock.release();
    expect(all.map((at) => at.exists(file))).toEqual(all.map((_, at) => at === index));
  });

  test('that cannot write it, or does not answer, is passed over with the reason', async () => {
    const all = makeWorlds(5);
    await all[4]!.transport.exec({ script: `ln -s /dev/full "$R${file}.new"` });
    const lost = new Failure({
      kind: 'connection-lost',
      doing: 'using the connection',
      where: { host: 'cp-1' },
    });
    const broken: Transport = { ...all[0]!.transport, exec: () => Promise.reject(lost) };
    const lock = await takeLockOfMost(
      [broken, ...transportsOf(all.slice(1))],
      namesOf(all.slice(0, 3)),
      ours,
    );
    expect(lock.refused.map(({ kind, where }) => [kind, where.host])).toEqual([
      ['connection-lost', 'cp-1'],
      ['apply', 'cp-5'],
    ]);
    await lock.release();
  });

  test.each([
    ['a lone control plane', 1, [0]],
    ['one of two control planes', 2, [1]],
    ['two of three control planes', 3, [0, 2]],
  ])('more than that is not passed over: %s', async (_, count, indexes) => {
    const all = makeWorlds(count + 1);
    for (const index of indexes) all[index]!.write(file, theirs(3_600));
    const failure = await failureOf(
      takeLockOfMost(transportsOf(all), namesOf(all.slice(0, count)), ours, 300),
    );
    expect([failure.kind, failure.where.host]).toEqual(['locked', all[indexes[0]!]!.transport.host]);
    expect(all.map((at) => at.exists(file))).toEqual(all.map((_, at) => indexes.includes(at)));
  });

  test('that claims later to have lost it stops nobody while most control planes have it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const all = makeWorlds(4);
    const asked = [0, 0, 0, 0];
    const counting = all.map(
      ({ transport }, index): Transport => ({
        ...transport,
        exec: (request) => transport.exec(request).finally(() => asked[index]!++),
      }),
    );
    const lock = await takeLockOfMost(counting, namesOf(all.slice(0, 3)), ours);
    const before = [...asked];
    all[1]!.write(file, theirs(1));
    vi.advanceTimersByTime(heartbeat * 1000);
    // Each is asked, and the other control planes once more.
    await vi.waitFor(() => expect(asked).toEqual([0, 1, 2, 3].map((at) => before[at]! + [2, 1, 2, 1][at]!)));
    expect(lock.lost.aborted).toBe(false);
    const noticed = once(lock.lost, 'abort');
    all[2]!.write(file, theirs(1));
    vi.advanceTimersByTime(heartbeat * 1000);
    await noticed;
    expect((lock.lost.reason as Failure).where.host).toBe('cp-3');
    await lock.release();
  });
});

test('of runs that can do without some hosts exactly one goes on as well, and no host is in the hands of two', async () => {
  const seed = Number(process.env['LOCK_SEED'] ?? 20_263);
  const random = randomFrom(seed);
  const all = makeWorlds(6);
  for (let round = 0; round < 6; round++) {
    const control = all.slice(0, 3 + 2 * Math.floor(random() * 2));
    // One host says that it is another's, whatever comes.
    const liar = all[Math.floor(random() * all.length)]!;
    const claim = `liar ${Math.floor(Date.now() / 1000) - 3_600} nobody@nowhere (podstrap up)\n`;
    const transports = all.map(({ transport }) =>
      transport === liar.transport
        ? { ...transport, exec: async () => ({ code: 76, stdout: `1 3600 ${claim}`, stderr: '' }) }
        : transport,
    );
    const runs = Array.from({ length: 2 + Math.floor(random() * 2) }, () =>
      takeLockOfMost(
        random() < 0.5 ? transports : [...transports].reverse(),
        namesOf(control),
        { id: newLockId(), owner: 'somebody' },
        6_000,
      ),
    );
    const results = await Promise.allSettled(runs);
    const said = `round ${round}, seed ${seed}, ${control.length} control planes, ${runs.length} runs`;
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(locks.length, said).toBeLessThanOrEqual(1);
    for (const result of results)
      if (result.status === 'rejected') expect((result.reason as Failure).kind, said).toBe('locked');
    for (const lock of locks) {
      expect(
        lock.refused.map(({ where }) => where.host),
        said,
      ).toContain(liar.transport.host);
      await lock.release();
    }
    // A run that gives up has given everything back.
    for (const at of all) expect(at.exists(file), said).toBe(false);
  }
}, 120_000);

describe('unlock', () => {
  const broken = { host: 'cp-1', owner: 'me@here (podstrap up)' };

  test('takes no lock away while its run seems to be alive, on no host, unless it is forced', async () => {
    const all = makeWorlds(2) as [World, World];
    for (const at of all) holdLock(at, 'theirs');
    age(all[0], 3600);
    await expect(breakLocks(transportsOf(all), false)).rejects.toMatchObject({
      kind: 'locked',
      said: expect.stringMatching(/cp-2: locked by me@here .* last heartbeat \d+ s ago$/),
    });
    for (const at of all) expect(at.exists(file)).toBe(true);
    expect(await breakLocks(transportsOf(all), true)).toEqual([broken, { ...broken, host: 'cp-2' }]);
    for (const at of all) expect(at.exists(file)).toBe(false);
  });

  test('takes away the lock of a run that was not heard of for 90 seconds, or that has ended on this machine', async () => {
    const [at] = makeWorlds(1) as [World];
    holdLock(at, 'theirs');
    age(at, 91);
    expect(await breakLocks([at.transport], false)).toEqual([broken]);
    // The process has this number, and began at another time.
    const ended = { ...thisProcess(), started: 'before' };
    holdLock(at, `0.${Buffer.from(JSON.stringify(ended)).toString('base64url')}`);
    expect(await breakLocks([at.transport], false)).toEqual([broken]);
    expect(at.exists(file)).toBe(false);
  });

  test('finds nothing where nothing is', async () => {
    const [at] = makeWorlds(1) as [World];
    expect(await breakLocks([at.transport], false)).toEqual([{ host: 'cp-1' }]);
  });
});

describe('a lock that is lost', () => {
  const lostTo = async (change: (at: World) => void) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const all = makeWorlds(3);
    const lock = await takeLock(transportsOf(all), namesOf(all), ours);
    change(all[1]!);
    const noticed = once(lock.lost, 'abort');
    vi.advanceTimersByTime(heartbeat * 1000);
    await noticed;
    return { all, lock };
  };

  test('to another run is noticed at the next heartbeat, and told before what came of it', async () => {
    const { all, lock } = await lostTo((at) => at.write(file, 'theirs 1 you@there (podstrap up)\n'));
    const loss = lock.lost.reason as Failure;
    expect(loss).toMatchObject({ kind: 'locked', where: { host: 'cp-2' } });
    expect(loss.said).toBe('the lock now belongs to you@there (podstrap up)');
    const gate = new Failure({
      kind: 'gate',
      doing: 'Waiting',
      said: 'the pod is not of the wanted revision',
    });
    expect(lossFirst(lock, gate)).toBe(loss);
    const complete = loss.saying('-- how the nodes stand now');
    expect(lossFirst(lock, complete)).toBe(complete);
    const waiting = poll(async () => missing('the wanted revision'), {
      timeoutMs: 240_000,
      onWaiting: () => undefined,
      signal: whileHeld({ abort: new AbortController().signal } as Session, lock).abort,
    });
    expect(await failureOf(waiting)).toBe(loss);
    await lock.release();
    expect(all.map((at) => at.exists(file))).toEqual([false, true, false]);
  });

  test('to `podstrap unlock` is noticed as well', async () => {
    const { lock } = await lostTo((at) => rmSync(join(at.root, file)));
    expect((lock.lost.reason as Failure).said).toBe('the lock of this run is no longer there');
    await lock.release();
  });

  test('is none on a host that was put back, whatever becomes of the lock there', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const all = makeWorlds(2);
    const asked = [0, 0];
    const counting = all.map(
      ({ transport }, index): Transport => ({
        ...transport,
        exec: (request) => transport.exec(request).finally(() => asked[index]!++),
      }),
    );
    const lock = await takeLock(counting, namesOf(all), ours);
    const before = [...asked];
    lock.letGo('cp-1');
    rmSync(join(all[0]!.root, file));
    vi.advanceTimersByTime(heartbeat * 1000);
    await vi.waitFor(() => expect(asked).toEqual(before.map((count) => count + 1)));
    expect(lock.lost.aborted).toBe(false);
    const noticed = once(lock.lost, 'abort');
    rmSync(join(all[1]!.root, file));
    vi.advanceTimersByTime(heartbeat * 1000);
    await noticed;
    expect((lock.lost.reason as Failure).where.host).toBe('cp-2');
    await lock.release();
  });

  test('is none that this run gives back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const [at] = makeWorlds(1) as [World];
    const lock = await takeLock([at.transport], ['cp-1'], ours);
    vi.advanceTimersByTime(heartbeat * 1000);
    await lock.release();
    await at.transport.exec({ script: 'exit 0' });
    expect(lock.lost.aborted).toBe(false);
  });
});
