import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkKinds } from '../../src/check/check-report.js';
import { everyApiServerWorks, nodesOf } from './api-objects.js';
import { checked, unwell } from './check.js';
import { etcdMembership } from './etcd.js';
import { fingerprint } from './fingerprint.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { apiServersReady, must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';

const all = namedHosts('trio', 4, 31);
const [hosts, [worker]] = [all.slice(0, 3), all.slice(3) as [LabHost]];
const [first, second, third] = hosts as [LabHost, LabHost, LabHost];
const names = hosts.map(({ name }) => name);
const voters = names.map((name) => ({ name, learner: false }));

describe('three control planes and a worker', () => {
  let lab: Lab;
  let operator: Operator;
  beforeAll(async () => {
    lab = await startLab({ hosts: all });
    operator = await newOperator(lab, inject('artifacts'));
    await operator.write({ hosts: [...hosts, { ...worker, roles: ['worker'] }] });
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const settled = async () => {
    await apiServersReady(operator, hosts);
    await until('there is nothing to do', () => nothingToDo(operator));
  };

  it('are not begun while one host does not answer', async () => {
    await lab.powerCut(third.name);
    const before = await Promise.all(names.map((name) => fingerprint(lab, name)));
    const ended = await operator.up();
    expect(ended).toMatchObject({ code: 75, stderr: expect.stringContaining(third.name) });
    expect(await Promise.all(names.map((name) => fingerprint(lab, name)))).toEqual(before);
    await lab.start(third.name);
  });

  it('come up together, and nothing is left to do', async () => {
    await must(operator.up());
    await nothingToDo(operator);
    expect((await etcdMembership(lab, first.name)).members).toEqual(voters);
  });

  it('serve kubectl through each API server', async () => {
    for (const { ip } of hosts) expect(await nodesOf(operator, ip)).toEqual([...names, worker.name]);
    await everyApiServerWorks(hosts, operator);
  });

  it('run pods, each of which reaches all others', async () => {
    const report = await checked(operator, first.ip, '--wait', '2m');
    expect(unwell(report)).toEqual([]);
    const nodes = (name: string) =>
      report.checks.filter(({ check }) => check === name).map(({ node }) => node);
    for (const { name, of } of checkKinds.filter((kind) => kind.name !== 'api-server'))
      expect([name, nodes(name)]).toEqual([
        name,
        of === 'cluster'
          ? [undefined]
          : // The keystore has certificates, too.
            [...names, worker.name, ...(name === 'certificates' ? [undefined] : [])],
      ]);
    expect(nodes('api-server')).toEqual(names);
  });

  it('lose to a power cut one that the worker speaks to, serve on, and have it back', async () => {
    const server = (ip: string) => lab.read(worker.name, `ss -Htn state established dst ${ip}:6443`);
    const node = (path: string, ip: string) =>
      operator.kubectl(ip, 'get', 'node', worker.name, '-o', `jsonpath=${path}`);
    const ready = '.status.conditions[?(@.type=="Ready")]';
    const readySince = `{${ready}.status} since {${ready}.lastTransitionTime}`;
    await until('the worker is ready', async () => (await node(readySince, first.ip)).startsWith('True'));
    let lost = first;
    await until('the worker speaks to one of them', async () => {
      for (const host of hosts) if ((await server(host.ip)) !== '') lost = host;
      return (await server(lost.ip)) !== '';
    });
    const { ip } = hosts.find((host) => host !== lost)!;
    const before = await node(readySince, ip);
    await lab.powerCut(lost.name);
    await until('the others answer', () => operator.kubectl(ip, 'get', 'namespaces'));
    await until('the worker speaks to others', async () => (await server(lost.ip)) === '');
    // Only a kubelet whose watch has gone over hears of it.
    const image = await lab.read(worker.name, 'ctr -n k8s.io images ls -q | grep /pause: | head -n 1');
    const overrides = JSON.stringify({ spec: { nodeName: worker.name, terminationGracePeriodSeconds: 0 } });
    await operator.kubectl(ip, 'run', 'heard', `--image=${image.trim()}`, `--overrides=${overrides}`);
    await operator.kubectl(ip, 'wait', '--for=condition=Ready', 'pod/heard', '--timeout=60s');
    await operator.kubectl(ip, 'delete', 'pod', 'heard', '--wait=true');
    // podstrap's own way in takes the next control plane, whichever is off.
    const { stdout } = await must(operator.podstrap(['kubectl', 'get', 'nodes', '-o', 'name']));
    expect(stdout.trim().split('\n')).toEqual([...names, worker.name].map((name) => `node/${name}`));
    expect((await operator.up()).stderr).toContain(lost.name);
    expect(await node(readySince, ip)).toBe(before);
    await lab.start(lost.name);
    // Its kubelet is only about to start its pods.
    await nothingToDo(operator);
    await settled();
    expect((await etcdMembership(lab, lost.name)).members).toEqual(voters);
  });

  it('have a tampered manifest healed, one node only', async () => {
    const path = '/etc/kubernetes/manifests/kube-controller-manager.yaml';
    const before = await lab.read(third.name, `cat ${path}`);
    await lab.read(third.name, `sed -i 's/--leader-elect=true/--leader-elect=false/' ${path}`);
    const plan = await operator.plan();
    expect(plan.code).toBe(2);
    expect(plan.stdout).toContain(third.name);
    await must(operator.up());
    expect(await lab.read(third.name, `cat ${path}`)).toBe(before);
    await nothingToDo(operator);
  });

  it('take a member back that lost its data, into the cluster that lives', async () => {
    const { clusterId } = await etcdMembership(lab, first.name);
    await lab.powerCut(second.name);
    const data = lab.path(second.name, '/var/lib/etcd');
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true });
    await lab.start(second.name);
    await must(operator.up());
    await settled();
    for (const { name } of hosts)
      expect(await etcdMembership(lab, name)).toEqual({ clusterId, members: voters });
    expect(
      await operator.kubectl(second.ip, '-n', 'through-0', 'get', 'configmap', 'settings', '-o', 'name'),
    ).toContain('settings');
  });

  it('let one go: its etcd member first, and the others stay whole', async () => {
    await must(operator.podstrap(['reset', third.name, '--yes']));
    expect((await etcdMembership(lab, first.name)).members).toEqual(voters.slice(0, 2));
    await until('the others answer', () => operator.kubectl(first.ip, 'get', '--raw', '/readyz'));
    expect((await lab.exec(third.name, 'pgrep -x etcd || pgrep -x kubelet')).code).toBe(1);
  });

  it('take it back as a new member', async () => {
    await must(operator.up());
    await settled();
    expect((await etcdMembership(lab, third.name)).members).toEqual(voters);
  });

  it('go back to a snapshot of etcd, and pods run on every node', async () => {
    const settings = ['-n', 'through-0', 'get', 'configmap', 'settings', '-o', 'name'];
    const snapshot = join(operator.directory, 'then.db');
    await must(operator.podstrap(['etcd', 'snapshot', '--out', snapshot]));
    await operator.kubectl(first.ip, 'delete', 'namespace', 'through-0');
    await must(operator.podstrap(['etcd', 'restore', snapshot, '--yes']));
    for (const { ip } of hosts) expect(await operator.kubectl(ip, ...settings)).toContain('settings');
    expect((await etcdMembership(lab, third.name)).members).toEqual(voters);
    expect(unwell(await checked(operator, first.ip, '--wait', '2m'))).toEqual([]);
    await nothingToDo(operator);
  });
});
