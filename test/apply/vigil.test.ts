import { expect, test } from 'vitest';
import type { Crew } from '../../src/apply/crew.js';
import { keepVigil } from '../../src/apply/vigil.js';
import { Failure } from '../../src/failure.js';
import type { Survey } from '../../src/survey/survey.js';

/** What a vigil over a node fails with whose host answers so, when something there is missing. */
const failing = (answer: () => Promise<never>): Promise<unknown> =>
  new Promise((resolve) => {
    const crew = { transports: new Map([['cp-2', { host: 'cp-2', exec: answer }]]) } as unknown as Crew;
    const sight = async () => ({ ended: 'etcd: its container has ended' });
    keepVigil(crew, {} as Survey, 'cp-2', sight, resolve);
  });

test('a host that vanishes is told as one that has stopped answering, with what was seen last', async () => {
  const silent = new Failure({
    kind: 'connection-lost',
    doing: 'running a script',
    where: { host: 'cp-2', phase: 'serving' },
    said: 'no end within 5 s',
  });
  expect(await failing(() => Promise.reject(silent))).toMatchObject({
    kind: 'connection-lost',
    doing: 'Watching the nodes while others are changed',
    where: { host: 'cp-2', phase: 'control-plane' },
    said: 'the host has stopped answering (no end within 5 s). Last seen: etcd: its container has ended',
    next: expect.stringContaining('See whether it has power and its network'),
  });
});

test('what else a host says is told as it is', async () => {
  const denied = new Failure({ kind: 'privilege', doing: 'running a script', said: 'sudo wants a password' });
  expect(await failing(() => Promise.reject(denied))).toMatchObject({
    kind: 'privilege',
    where: { host: 'cp-2' },
    said: 'sudo wants a password',
  });
});
