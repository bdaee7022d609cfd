import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startAsking } from './asking.js';
import { etcdMembership, etcdVersion } from './etcd.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { settingsFrom } from './settings.js';
import { openShop, type Shop, tell } from './shop.js';
import { until } from './until.js';
import { holdersOf, stayAt } from './virtual-address.js';
import { startWriter, type Writer } from './writer.js';

const all = namedHosts('upgrade', 5, 81);
const hosts = all.slice(0, 3);
const workers = all.slice(3);
const [first, second] = hosts as [LabHost, LabHost];
const [, last] = workers as [LabHost, LabHost];
const address = first.ip.replace(/\d+$/, '89');
const names = hosts.map(({ name }) => name);
const servers = hosts.map(({ ip }) => ip);
const { kubernetesVersion: from, upgradesTo: to } = settingsFrom(process.env);

describe('three control planes with a virtual address, and two workers, get another minor', () => {
  let shop: Shop;
  let lab: Lab;
  let operator: Operator;
  let writer: Writer;
  const inventory = (kubernetesVersion: string, spec: Readonly<Record<string, unknown>> = {}) =>
    operator.write({
      hosts: all.map((host) => ({ ...host, roles: [hosts.includes(host) ? 'control-plane' : 'worker'] })),
      kubernetesVersion,
      spec: { virtualAddress: { address }, ...spec },
    });
  beforeAll(async () => {
    lab = await startLab({ hosts: all });
    operator = await newOperator(lab, inject('artifacts'));
    await inventory(from);
    await must(operator.up());
    writer = await startWriter(operator, servers);
  });
  afterAll(async () => {
    await writer?.stop();
    await operator?.leave();
    await lab?.down();
  });

  /** Has a client ask at the virtual address all the while, and prints what became of it. */
  const withClient = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const client = stayAt(operator, address);
    return work().finally(async () => {
      const { answered, failed, longestGap, gapBegan } = await client.stop();
      process.stdout.write(
        `${what}, at the virtual address: ${answered} answers, ${failed} failures, at most ${longestGap.toFixed(1)} s without one, from ${gapBegan.toISOString()}\n`,
      );
      for (const line of await eventsAbout(operator, gapBegan, longestGap))
        process.stdout.write(`  ${line}\n`);
      expect(answered).toBeGreaterThan(0);
    });
  };

  /** What every node runs: its API server, its kubelet as the API has it, and etcd as it calls itself. */
  const versions = () => Promise.all(hosts.map(async (host) => versionsOf(lab, operator, host)));
  const everywhere = (kubernetes: string, etcd: RegExp) =>
    names.map(() => ({ server: kubernetes, kubelet: kubernetes, etcd: expect.stringMatching(etcd) }));

  it('puts the first node back when its new scheduler does not start', async () => {
    const { clusterId } = await etcdMembership(lab, first.name);
    await inventory(to, {
      scheduler: { extraArgs: [{ name: 'no-such-flag', value: 'at-all' }] },
      timeouts: { controlPlaneComponentHealthCheck: '40s', watchAfterChange: '2s' },
    });
    const ended = await withClient('an upgrade that is undone', () => operator.up());
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('no-such-flag') });
    expect(ended.stderr).toContain('put back as it was before, and healthy');
    await inventory(from);
    await must(operator.up());
    await nothingToDo(operator);
    expect(await versions()).toEqual(everywhere(from, /^3\.6\./));
    expect((await etcdMembership(lab, first.name)).clusterId).toBe(clusterId);
  });

  it('lets pods move from node to node, and every node takes pods again', async () => {
    const pods = join(operator.directory, 'pods.yaml');
    await writeFile(pods, movable);
    await operator.kubectl(first.ip, 'apply', '-f', pods);
    await until('pods are ready', () =>
      operator.kubectl(first.ip, 'rollout', 'status', 'deployment/movable', '--timeout=1s'),
    );
    shop = await openShop(lab, operator, first.ip, workers.length);
    await shop.opens(all);
    await lab.exec(last.name, `cat >${ownPath} <<'E'\n${own}E`);
    const ownUid = async () =>
      operator.kubectl(
        first.ip,
        'get',
        'pod',
        `own-${last.name}`,
        '-o',
        'jsonpath={.metadata.annotations.kubernetes\\.io/config\\.hash}',
      );
    await until('the pod of somebody’s own runs', ownUid);
    const uid = await ownUid();
    await inventory(to);
    const { stdout: plan } = await operator.plan();
    expect(plan).toContain(
      'switch static pod kube-vip  (a kubelet of another minor version restarts every static pod)',
    );
    expect(plan).toContain(
      'switch static pod haproxy  (a kubelet of another minor version restarts every static pod)',
    );
    expect(plan).toContain(`restart with it, and are not parked: ${ownPath}`);
    const began = performance.now();
    const balancers = await Promise.all(
      workers.map(({ name }) =>
        startAsking(lab, name, '/proc/1/ns/net', { url: 'http://127.0.0.1:6444/readyz', lane: 0 }),
      ),
    );
    await withClient('the upgrade', () =>
      shop.askedDuring('the upgrade, a Service', all, () => must(operator.up())),
    );
    told('all of up', (performance.now() - began) / 1000);
    for (const [at, end] of balancers.entries())
      tell('the upgrade', `the balancer of ${workers[at]!.name}`, await end());
    expect(await holdersOf(lab, hosts, address)).toHaveLength(1);
    expect(await lab.read(last.name, `cat ${ownPath}`)).toBe(own);
    await until('the pod of somebody’s own is another one', async () => (await ownUid()) !== uid);
    for (const { host, stage, seconds } of await hostsDone(operator)) told(`${host}, ${stage}`, seconds);
    await nothingToDo(operator);
    expect(await versions()).toEqual(everywhere(to, /^3\.7\./));
    const cordoned = await operator.kubectl(
      second.ip,
      ...['get', 'nodes', '--field-selector=spec.unschedulable=true', '-o', 'name'],
    );
    expect(cordoned).toBe('');
    await operator.kubectl(second.ip, 'rollout', 'status', 'deployment/movable', '--timeout=60s');
  });

  it('does not go back by a minor once all are there, and touches nothing', async () => {
    await inventory(from);
    const ended = await operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('downgrade by a minor') });
    await inventory(to);
    await nothingToDo(operator);
    expect(await versions()).toEqual(everywhere(to, /^3\.7\./));
  });

  it('has saved etcd for the operator alone', async () => {
    const folder = join(operator.directory, '.podstrap', 'lab', 'snapshots');
    const files = (await readdir(folder)).filter((name) => name.endsWith('.db'));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('has lost no write and failed no request meanwhile', async () => {
    const { acknowledged, failed, lost } = await writer.stop();
    process.stdout.write(
      `writes: ${acknowledged} acknowledged, ${lost.length} lost, ${failed.length} failed\n`,
    );
    expect(acknowledged).toBeGreaterThan(20);
    expect({ failed, lost }).toEqual({ failed: [], lost: [] });
  });
});

async function versionsOf(lab: Lab, operator: Operator, { name, ip }: LabHost) {
  const said = JSON.parse(await operator.kubectl(ip, 'get', '--raw', '/version')) as { gitVersion: string };
  const kubelet = await operator.kubectl(
    ip,
    ...['get', 'node', name, '-o', 'jsonpath={.status.nodeInfo.kubeletVersion}'],
  );
  return { server: said.gitVersion, kubelet, etcd: await etcdVersion(lab, name) };
}

const told = (what: string, seconds: number): void =>
  void process.stdout.write(`upgrade: ${what}: ${seconds.toFixed(1)} s\n`);

/** What the last run was doing before and in a gap. */
const eventsAbout = async (operator: Operator, began: Date, seconds: number): Promise<string[]> =>
  (await journalOf(operator))
    .filter(({ at }) => {
      const since = (Date.parse(at!) - began.getTime()) / 1000;
      return since > -15 && since < seconds;
    })
    .map(({ at, event, host, stage, doing, for: what }) =>
      [at, event, host, stage, doing, what].filter((word) => word !== undefined).join(' '),
    );

async function journalOf({ directory }: Operator) {
  const runs = join(directory, '.podstrap', 'lab', 'runs');
  const last = (await readdir(runs))
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .at(-1)!;
  const lines = (await readFile(join(runs, last), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, string>);
}

/** When each host was done with a part of the last run, in seconds since that run began; from its journal. */
async function hostsDone(operator: Operator) {
  const events = await journalOf(operator);
  return events
    .filter(({ event }) => event === 'host-done')
    .map(({ host, stage, at }) => ({
      host,
      stage,
      seconds: (Date.parse(at!) - Date.parse(events[0]!['at']!)) / 1000,
    }));
}

const ownPath = '/etc/kubernetes/manifests/own.yaml';
/** A static pod that is not podstrap's. */
const own = `apiVersion: v1
kind: Pod
metadata: { name: own, namespace: default }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: own, image: 'registry.k8s.io/pause:3.10.2', imagePullPolicy: Never }]
`;

/** Two pods that run on control planes, of which one may be away at a time. */
const movable = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: movable }
spec:
  replicas: 2
  selector: { matchLabels: { app: movable } }
  template:
    metadata: { labels: { app: movable } }
    spec:
      terminationGracePeriodSeconds: 1
      automountServiceAccountToken: false
      tolerations: [{ operator: Exists }]
      containers: [{ name: pause, image: 'registry.k8s.io/pause:3.10.2', imagePullPolicy: Never }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: movable }
spec: { minAvailable: 1, selector: { matchLabels: { app: movable } } }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
`;
