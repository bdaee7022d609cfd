import { describe, expect, test } from 'vitest';
import { checkPod, skipsOf } from '../../src/check/check-pod.js';
import { ofPods } from '../../src/check/check-report.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { type FakeCluster, fakeChecking, type Network, pod } from './fake-checking.js';

const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), controlPlane(2)] });
const [one, two] = [pod('cp-1', '10.244.0.5'), pod('cp-2', '10.244.1.5', 'fd00:1::5')];
const services = ['10.96.7.7'];

/** Where everything answers. */
const whole: Network = ({ name }, server) =>
  server.startsWith('127.0.0.1')
    ? name
    : ({ '10.244.1.5:8080': two.name, '[fd00:1::5]:8080': two.name, '10.96.7.7': two.name, check: one.name }[
        server
      ] ?? 'v1');

/** The same, but that one server does not. */
const but =
  (silent: string, wrong: string): Network =>
  (from, server) =>
    server === silent ? { wrong } : whole(from, server);

async function results(cluster: Partial<FakeCluster>, peers = [two], addresses = services, skips = {}) {
  const { checking } = fakeChecking({ inventory, network: whole, ...cluster }, [one, two]);
  return checkPod(checking, one, peers, { services: addresses, named: async () => undefined }, skips);
}
const unwell = async (...args: Parameters<typeof results>) =>
  (await results(...args))
    .filter(({ result }) => result !== 'ok')
    .map(({ check, result, said }) => [check, result, said]);

test('all is well where everything answers, with one result for each check', async () => {
  const all = await results({});
  expect(
    all
      .filter(({ result }) => result === 'ok')
      .map(({ check }) => check)
      .sort(),
  ).toEqual(ofPods.filter((name) => name !== 'pod').sort());
  expect(new Set(all.map(({ node }) => node))).toEqual(new Set(['cp-1']));
});

describe('what does not answer is told with what was said in the pod', () => {
  test.each([
    ['10.96.7.7', 'service', 'dial tcp 10.96.7.7:80: refused'],
    ['check', 'dns', 'lookup check on 10.96.0.10:53: no such host'],
    ['the API', 'api-service', 'dial tcp 10.96.0.1:443: i/o timeout'],
  ])('%s: %s', async (server, check, said) => {
    expect(await unwell({ network: but(server, said) })).toEqual([[check, 'failed', said]]);
  });

  test.each(['10.244.1.5:8080', '[fd00:1::5]:8080'])(
    'the other pod at %s, with both nodes',
    async (server) => {
      const [wrong, ...more] = (await results({ network: but(server, 'no route to host') })).filter(
        ({ result }) => result === 'failed',
      );
      expect(more).toEqual([]);
      expect(wrong).toMatchObject({ check: 'pod-to-pod', node: 'cp-1' });
      expect(wrong!.said).toMatch(/the pod on cp-1 does not reach the pod on cp-2 .*no route to host/);
      expect(wrong!.next).toContain('between cp-1 and cp-2');
    },
  );

  test('another that answers in the place of the right one', async () => {
    const network: Network = (from, server) =>
      server === '10.244.1.5:8080' ? 'a stranger' : whole(from, server);
    expect(await unwell({ network })).toEqual([
      ['pod-to-pod', 'failed', expect.stringContaining('another answered: a stranger')],
    ]);
  });

  test('logs, with the API server that does not show them', async () => {
    const answers = {
      '/api/v1/namespaces/podstrap-check-1/pods/check-cp-1/log': { status: 500, body: 'x509: unknown' },
    };
    expect(await unwell({ answers })).toEqual([['logs', 'failed', 'through cp-1: x509: unknown']]);
  });
});

test('where nothing can be run in the pod, what needs it is skipped', async () => {
  expect(await unwell({ streamsFail: 'HTTP 502: dial tcp 192.0.2.1:10250' })).toEqual([
    ['exec', 'failed', 'HTTP 502: dial tcp 192.0.2.1:10250'],
    ['port-forward', 'failed', 'HTTP 502: dial tcp 192.0.2.1:10250'],
    ...['pod-to-pod', 'service', 'dns', 'api-service'].map((check) => [
      check,
      'skipped',
      'nothing can be run in the pod, as the check `exec` says',
    ]),
  ]);
});

test('a Service that is new gets its time, and what was there before does not', async () => {
  let asked = 0;
  const network: Network = (from, server) => {
    if (server === 'the API') return { wrong: 'i/o timeout' };
    return server === 'check' && ++asked < 3 ? { wrong: 'refused' } : whole(from, server);
  };
  expect(await unwell({ network, newborn: 60_000 })).toEqual([['api-service', 'failed', 'i/o timeout']]);
  expect(asked).toBe(3);
});

test('services that fail beside the network have to wait for it', async () => {
  const network: Network = (from, server) =>
    server.startsWith('10.244.') || server === 'check' ? { wrong: 'i/o timeout' } : whole(from, server);
  const dns = (await results({ network })).find(({ check }) => check === 'dns');
  expect(dns).toMatchObject({ result: 'failed', next: 'Fix what `pod-to-pod` found first.' });
});

test('a service without an address, and a node without others, are not taken for well', async () => {
  expect(await unwell({}, [], [])).toEqual([
    ['pod-to-pod', 'skipped', 'there is no pod on another node'],
    ['service', 'failed', 'the service has no address'],
  ]);
});

describe('what the inventory switches off', () => {
  const off = (spec: object) =>
    skipsOf(inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)], ...spec }));
  test.each([
    [{}, []],
    [{ dns: { disabled: true } }, ['dns']],
    [{ kubeProxy: { disabled: true } }, ['service', 'dns', 'api-service']],
  ])('%j is skipped with the reason', async (spec, names) => {
    const skips = off(spec);
    expect(Object.keys(skips)).toEqual(names);
    const found = await unwell({}, [two], services, skips);
    expect(found.map(([check, result]) => [check, result]).sort()).toEqual(
      names.map((check) => [check, 'skipped']).sort(),
    );
    for (const [, , said] of found) expect(said).toMatch(/spec\.(dns|kubeProxy)\.disabled.*--every/);
  });
});

test('a stop ends every wait, and there are no results then', async () => {
  const stop = new AbortController();
  stop.abort();
  const stopped = { network: but('check', 'no such host'), patience: 60_000, signal: stop.signal };
  await expect(results(stopped)).rejects.toMatchObject({ kind: 'interrupted' });
});
