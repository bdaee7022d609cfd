import { expect, test } from 'vitest';
import { dropScript } from '../../src/apply/lock/lock-script.js';
import { type Absent, absent } from '../../src/apply/pass-over.js';
import { onHosts } from '../../src/apply/stage.js';
import type { RunEvent } from '../../src/events.js';
import { Failure, type FailureKind, Failures, unsound } from '../../src/failure.js';
import type { Session } from '../../src/survey/session.js';
import type { Exec, Transport } from '../../src/transport/transport.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

const inventory = inventoryOf({
  kubernetesVersion: 'v1.36.3',
  hosts: [controlPlane(1), worker(1), worker(2)],
});

const failed = (host: string, kind: FailureKind): Failure =>
  new Failure({ kind, doing: 'Doing something', where: { host }, said: 'no' });

function run(kind: 'live' | 'new' = 'live', abort = new AbortController().signal) {
  const events: unknown[] = [];
  const aside: string[] = [];
  const unreachable = new Map<string, Failure>();
  const session = { inventory, abort, emit: (event: RunEvent) => events.push(event) } as unknown as Session;
  const scripts: string[] = [];
  const site = {
    unreachable,
    lockId: 'ours',
    transports: new Map(
      ['w-1', 'w-2'].map((host) => {
        const exec = async ({ script }: Exec) => {
          scripts.push(script);
          throw failed(host, 'connection-lost');
        };
        return [host, { host, exec } as unknown as Transport];
      }),
    ),
    setAside: (error: unknown) => {
      const { host } = (error as Failure).where;
      aside.push(host!);
      unreachable.set(host!, error as Failure);
    },
  };
  const one: Absent = absent(session, site, { situation: { kind } } as Parameters<typeof absent>[2]);
  return { session, events, aside, scripts, absent: one };
}

test.each(['unsound', 'locked', 'unreachable', 'connection-lost'] as const)(
  'a worker that is %s while others change is passed over, and told of once',
  async (kind) => {
    const { absent: one, events, aside, scripts } = run();
    expect(one.passOver('w-1', failed('w-1', kind))).toBe(true);
    expect(one.passOver('w-1', new Failures([failed('w-1', kind)]))).toBe(true);
    expect([one.has('w-1'), one.has('w-2')]).toEqual([true, false]);
    await one.setAside();
    await one.setAside();
    expect(aside).toEqual(['w-1']);
    // The lock there is given back, if it still listens.
    expect(scripts).toEqual([dropScript('ours')]);
    expect(events).toEqual([{ event: 'warning', host: 'w-1', message: 'passed over: Doing something: no' }]);
  },
);

test.each([
  ['a change that fails', 'w-1', failed('w-1', 'apply')],
  ['a gate that stays shut', 'w-1', failed('w-1', 'gate')],
  ['a control plane', 'cp-1', failed('cp-1', 'unsound')],
  ['what another host has failed with', 'w-1', failed('w-2', 'unsound')],
  ['what is about no host', 'w-1', unsound('nonsense')],
  [
    'several things, of which one is a change',
    'w-1',
    new Failures([failed('w-1', 'unsound'), failed('w-1', 'apply')]),
  ],
  ['a defect', 'w-1', new TypeError('a defect')],
])('%s ends the run', (_title, host, error) => {
  expect(run().absent.passOver(host, error)).toBe(false);
});

test('nobody is passed over before a cluster lives, or when the run has lost its lock', () => {
  expect(run('new').absent.passOver('w-1', failed('w-1', 'unsound'))).toBe(false);
  expect(run('live', AbortSignal.abort()).absent.passOver('w-1', failed('w-1', 'locked'))).toBe(false);
});

test('the others end their work', async () => {
  const { session, absent: one, events } = run();
  const done: string[] = [];
  const work = async (host: string) => {
    if (host === 'w-1') throw failed(host, 'unsound');
    done.push(host);
    return 'done';
  };
  await onHosts(session, 'workers', ['w-1', 'w-2'], work, one.passOver);
  expect(done).toEqual(['w-2']);
  expect(events).not.toContainEqual(expect.objectContaining({ event: 'host-done', host: 'w-1' }));
  await expect(onHosts(session, 'workers', ['w-1', 'w-2'], work)).rejects.toThrow('no');
});
