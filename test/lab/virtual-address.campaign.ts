import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { nodesOf } from './api-objects.js';
import { checked, told } from './check.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { kubeletOnTheseHosts } from './inventory.js';
import { namedHosts } from './named-hosts.js';
import { apiServersReady, must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';
import { holdersOf, stayAt } from './virtual-address.js';

const hosts = namedHosts('hold', 3, 121);
const [first] = hosts as [LabHost, LabHost, LabHost];
const names = hosts.map(({ name }) => name);
const address = first.ip.replace(/\d+$/, '129');
const apiServer = { extraArgs: [{ name: 'event-ttl', value: '2h' }] };

describe('three control planes with a virtual address', () => {
  let lab: Lab;
  let operator: Operator;
  const inventory = (spec: Readonly<Record<string, unknown>>) =>
    operator.write({ hosts, spec: { timeouts: { watchAfterChange: '5s' }, ...spec } });
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    await inventory({ virtualAddress: { address } });
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const settled = async () => {
    await apiServersReady(operator, hosts);
    await until('there is nothing to do', () => nothingToDo(operator));
  };

  it('come up, and nothing is left to do', async () => {
    await must(operator.up());
    await nothingToDo(operator);
  });

  it('hold an address among themselves, at which people find them', async () => {
    expect(await holdersOf(lab, hosts, address)).toHaveLength(1);
    expect(await nodesOf(operator, address)).toEqual(names);
    expect(await readFile(await operator.kubeconfig(), 'utf8')).toContain(`https://${address}:6443`);
    const { stdout } = await must(operator.podstrap(['status', '-o', 'json']));
    expect(JSON.parse(stdout)).toMatchObject({
      virtualAddress: { address, holders: await holdersOf(lab, hosts, address) },
    });
    const can = (...what: string[]) =>
      lab.exec(
        first.name,
        `kubectl --kubeconfig /etc/kubernetes/kube-vip.conf -n kube-system auth can-i ${what.join(' ')}`,
      );
    expect((await can('update', 'leases/plndr-cp-lock')).stdout).toBe('yes\n');
    expect((await can('update', 'leases/kube-scheduler')).stdout).toBe('no\n');
    expect((await can('get', 'secrets')).stdout).toBe('no\n');
  });

  it('hand it on when its holder loses power', async () => {
    const [holder] = (await holdersOf(lab, hosts, address)) as [string];
    await lab.powerCut(holder);
    const began = performance.now();
    await until('the address answers', () =>
      operator.kubectl(address, 'get', 'namespaces', '--request-timeout', '1s'),
    );
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stderr.write(`lab: the virtual address answers ${seconds} s after a power cut of its holder\n`);
    const others = hosts.filter(({ name }) => name !== holder);
    expect(await holdersOf(lab, others, address)).toHaveLength(1);
    await lab.start(holder);
    await settled();
    expect(await holdersOf(lab, hosts, address)).toHaveLength(1);
    expect(told(await checked(operator, first.ip))).toEqual([]);
  });

  /** Rolls a change out with a client at the address all the while, and tells how that went. @returns the plan, and what `up` said */
  const rollOut = async (what: string, spec: Readonly<Record<string, unknown>>) => {
    await inventory({ virtualAddress: { address }, ...spec });
    const { stdout: plan } = await operator.plan();
    const client = stayAt(operator, address);
    const ended = await must(operator.up()).finally(async () => {
      const { answered, failed, longestGap } = await client.stop();
      process.stderr.write(
        `lab: ${what}, seen at the virtual address: ${answered} answers, ${failed} failures, ` +
          `at most ${longestGap.toFixed(1)} s without one\n`,
      );
    });
    return { plan, said: `${ended.stdout}${ended.stderr}` };
  };
  const heldByOne = async () => {
    const holders = await holdersOf(lab, hosts, address);
    expect(holders).toHaveLength(1);
    expect(await operator.kubectl(address, 'get', 'namespaces')).toContain('kube-system');
    await nothingToDo(operator);
    expect(told(await checked(operator, first.ip))).toEqual([]);
    return holders;
  };
  const turnsOf = (pod: string, said: string) =>
    [...said.matchAll(new RegExp(`(hold-\\d).*switching .*${pod}`, 'g'))].map(([, host]) => host);

  it('change a flag while somebody is there: the holder comes last, and hands the address over before', async () => {
    const [holder] = (await holdersOf(lab, hosts, address)) as [string];
    const { said } = await rollOut('a roll-out of API servers', { apiServer });
    expect(turnsOf('kube-apiserver', said).at(-1)).toBe(holder);
    expect(await heldByOne()).not.toContain(holder);
  });

  it('change what holds it', async () => {
    const virtualAddress = { address, metricsPort: 29112 };
    const { said } = await rollOut('a roll-out of kube-vip', { apiServer, virtualAddress });
    expect(turnsOf('kube-vip', said).sort()).toEqual(names);
    await heldByOne();
  });

  it('change it with the kubelet, which is stopped meanwhile', async () => {
    const virtualAddress = { address, metricsPort: 29113 };
    const kubelet = {
      config: { ...kubeletOnTheseHosts, maxPods: 100 },
      unit: { Service: { OOMScoreAdjust: '' } },
    };
    const { plan, said } = await rollOut('a cold roll-out of kube-vip', {
      apiServer,
      virtualAddress,
      kubelet,
    });
    expect(turnsOf('kube-vip', said).sort()).toEqual(names);
    expect(plan).toContain('restart kubelet.service');
    await heldByOne();
  });

  it('change an API server with the kubelet', async () => {
    const virtualAddress = { address, metricsPort: 29113 };
    const { plan, said } = await rollOut('a cold roll-out of API servers', { virtualAddress });
    expect(turnsOf('kube-apiserver', said).sort()).toEqual(names);
    expect(plan).toContain('restart kubelet.service');
    await heldByOne();
  });

  it('let it go when it is no longer wanted', async () => {
    await inventory({});
    await must(operator.up());
    expect(await holdersOf(lab, hosts, address)).toEqual([]);
    expect(
      await operator.kubectl(first.ip, '-n', 'kube-system', 'get', 'roles,rolebindings', '-o', 'name'),
    ).not.toContain('virtual-address');
    expect((await lab.exec(first.name, 'ls /etc/kubernetes /etc/kubernetes/manifests')).stdout).not.toContain(
      'kube-vip',
    );
    await nothingToDo(operator);
  });
});
