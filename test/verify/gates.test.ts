import { describe, expect, test } from 'vitest';
import type { Etcd, EtcdStatus } from '../../src/cluster/etcd.js';
import type { StaticPodResource } from '../../src/desired/resource.js';
import { Failure } from '../../src/failure.js';
import { lookAtEtcd } from '../../src/verify/etcd-health.js';
import { gateOf } from '../../src/verify/gate.js';
import { type Look, missing, poll, well } from '../../src/verify/poll.js';
import { desiredOf, podOf } from '../desired/desired-of.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

describe('the gate of a static pod', () => {
  const gates = (spec: object) => {
    const state = desiredOf(inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)], ...spec }));
    const names = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
    return Object.fromEntries(
      names.map((name) => {
        const { scheme, address, port, path } = gateOf(podOf(state, 'cp-1', name), '10.0.0.11')!;
        return [name, `${scheme}://${address}:${port}${path}`];
      }),
    );
  };

  test('is where its own probe looks', () => {
    expect(gates({})).toEqual({
      etcd: 'http://127.0.0.1:2381/readyz',
      'kube-apiserver': 'https://10.0.0.11:6443/readyz',
      'kube-controller-manager': 'https://127.0.0.1:10257/healthz',
      'kube-scheduler': 'https://127.0.0.1:10259/readyz',
    });
  });

  test('moves with the port that the inventory moves', () => {
    expect(gates({ apiServer: { bindPort: 7443 } })['kube-apiserver']).toBe('https://10.0.0.11:7443/readyz');
  });

  const pod = (container: string): StaticPodResource => ({
    kind: 'static-pod',
    name: 'own',
    path: '/x',
    mode: 0o600,
    revision: 'x',
    because: 'a test',
    phase: 'control-plane',
    content: `spec: { containers: [${container}] }`,
  });

  test.each<readonly [string, string, string | undefined]>([
    ['no probe', '{ name: a }', undefined],
    ['a probe that is no request', '{ livenessProbe: { exec: {} } }', undefined],
    [
      'liveness where there is no readiness',
      '{ livenessProbe: { httpGet: { port: 80, path: /live } } }',
      'http://node:80/live',
    ],
    [
      'a port by its name',
      '{ ports: [{ name: web, containerPort: 81 }], readinessProbe: { httpGet: { port: web } } }',
      'http://node:81/',
    ],
    ['a name that no port has', '{ readinessProbe: { httpGet: { port: web } } }', undefined],
    ['no container at all', '', undefined],
  ])('%s', (_name, container, expected) => {
    const gate = gateOf(pod(container), 'node');
    expect(gate && `${gate.scheme}://${gate.address}:${gate.port}${gate.path}`).toBe(expected);
  });
});

describe('poll', () => {
  const looks = (...answers: readonly (Look | Error)[]) => {
    let count = 0;
    return async (): Promise<Look> => {
      const answer = answers[Math.min(count++, answers.length - 1)]!;
      if (answer instanceof Error) throw answer;
      return answer;
    };
  };
  const heard = () => {
    const said: string[] = [];
    return { said, onWaiting: (what: string) => said.push(what) };
  };

  test('ends when all is well, and tells each thing once that it waits for', async () => {
    const { said, onWaiting } = heard();
    const look = looks(missing('a'), missing('a'), missing('b'), well);
    expect(await poll(look, { timeoutMs: 60_000, onWaiting })).toBeUndefined();
    expect(said).toEqual(['a', 'b']);
  });

  test('looks at least once, and says what was missing at the end', async () => {
    const { onWaiting } = heard();
    expect(await poll(looks(missing('a')), { timeoutMs: -1, onWaiting })).toBe('a');
    expect(await poll(looks(well), { timeoutMs: -1, onWaiting })).toBeUndefined();
  });

  test('takes an error for something that is still starting', async () => {
    const { said, onWaiting } = heard();
    expect(await poll(looks(new Error('refused'), well), { timeoutMs: 60_000, onWaiting })).toBeUndefined();
    expect(said).toEqual(['refused']);
  });

  test('does not wait for a connection that is lost', async () => {
    const lost = new Failure({ kind: 'connection-lost', doing: 'x' });
    await expect(poll(looks(lost), { timeoutMs: 60_000, onWaiting: () => undefined })).rejects.toBe(lost);
  });

  test('ends at once when the operator says so, without a trace of listeners', async () => {
    const stop = new AbortController();
    const waiting = poll(looks(missing('a')), {
      timeoutMs: 60_000,
      onWaiting: () => stop.abort(),
      signal: stop.signal,
    });
    const failure = (await waiting.catch((error: unknown) => error)) as Failure;
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.kind).toBe('interrupted');
    expect(failure.said).toContain('a');
  });

  test('gives up when somebody knows that waiting is of no use', async () => {
    const options = {
      timeoutMs: 60_000,
      onWaiting: () => undefined,
      hopeless: async () => 'it keeps ending',
    };
    expect(await poll(looks(missing('a')), options)).toBe('it keeps ending');
  });
});

describe('etcd as a whole', () => {
  const status = (rest: Partial<EtcdStatus> = {}): EtcdStatus => ({
    memberId: '1',
    clusterId: 'c',
    leader: '7',
    learner: false,
    version: '3.6.5',
    dbSize: 20_480,
    errors: [],
    ...rest,
  });
  const etcd = (answer: EtcdStatus | undefined, alarms: readonly string[] = []): Etcd =>
    ({
      status: async () => answer ?? Promise.reject(new Error('refused')),
      alarms: async () => alarms,
    }) as unknown as Etcd;

  test.each<readonly [string, readonly Etcd[], string | undefined]>([
    ['all vote', [etcd(status()), etcd(status()), etcd(status())], undefined],
    ['one does not answer', [etcd(status()), etcd(undefined), etcd(status())], 'etcd: 2 of 3 members vote'],
    ['one is a learner', [etcd(status()), etcd(status({ learner: true }))], 'etcd: 1 of 2 members vote'],
    ['one knows no leader', [etcd(status({ leader: '0' })), etcd(status())], 'etcd: 1 of 2 members vote'],
    [
      'two leaders',
      [etcd(status()), etcd(status({ leader: '8' }))],
      'etcd: members disagree about their leader',
    ],
    [
      'two clusters',
      [etcd(status()), etcd(status({ clusterId: 'd' }))],
      'etcd: members belong to different clusters',
    ],
    ['an alarm', [etcd(status(), ['NOSPACE'])], 'etcd: alarm NOSPACE'],
  ])('%s', async (_name, members, said) => {
    const look = await lookAtEtcd(new Map(members.map((one, index) => [`cp-${index + 1}`, one])));
    expect(look).toEqual(said === undefined ? well : missing(said));
  });
});
