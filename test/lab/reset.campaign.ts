import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { changes, type HostState, hostState } from './host-state.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { inhabit } from './inhabit.js';
import { containerdOnTheseHosts } from './inventory.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { settingsFrom } from './settings.js';
import { until } from './until.js';

const hosts = namedHosts('gone', 2, 81);
const [first, worker] = hosts as [LabHost, LabHost];
const token = 'canary-of-a-unit';

describe('hosts that are reset', () => {
  let lab: Lab;
  let operator: Operator;
  const before = new Map<string, HostState>();
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    const { config, unit } = containerdOnTheseHosts;
    await operator.write({
      hosts: [first, { ...worker, roles: ['worker'] }],
      spec: { containerd: { config, unit: { Service: { ...unit.Service, Environment: `TOKEN=${token}` } } } },
    });
    for (const { name } of hosts) before.set(name, await hostState(lab, name));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const asBefore = async () => {
    for (const { name } of hosts)
      expect(changes(before.get(name)!, await hostState(lab, name)), name).toEqual([]);
  };

  it('are as they were before the first `up`, whatever ran on them', async () => {
    await must(operator.up());
    await nothingToDo(operator);
    await inhabit(lab, operator, first, [first, worker]);
    const ended = await must(operator.podstrap(['reset', '--all', '--yes']));
    console.log(ended.stdout, ended.stderr);
    await asBefore();
  });

  it('have units that tell their secrets to nobody', async () => {
    await must(operator.up());
    for (const { name } of hosts) {
      const told =
        'systemctl show containerd.service kubelet.service; systemctl cat containerd.service kubelet.service';
      expect(await lab.read(name, told)).not.toContain(token);
      const variables = "tr '\\0' '\\n' </proc/$(systemctl show -P MainPID containerd.service)/environ";
      expect(await lab.read(name, variables)).toContain(`TOKEN=${token}`);
    }
  });

  it('whose containerd and kubelet are dead as well', async () => {
    await must(operator.up());
    await inhabit(lab, operator, first, [first, worker]);
    for (const { name } of hosts)
      await lab.read(
        name,
        'systemctl disable -q containerd kubelet; systemctl kill -s KILL kubelet containerd; mv /usr/local/bin/containerd /usr/local/bin/kubelet /root',
      );
    const ended = await must(operator.podstrap(['reset', '--all', '--yes']));
    console.log(ended.stdout, ended.stderr);
    for (const { name } of hosts) await lab.read(name, 'rm /root/containerd /root/kubelet');
    await asBefore();
  });
});

/** The address of IPv6 that goes with one of IPv4 in the lab. */
const sixth = (ip: string): string => `fd00:${ip.split('.').slice(0, 3).join(':')}::${ip.split('.')[3]}`;

describe('hosts with addresses of both families, a virtual address and kube-proxy’s rules by iptables', () => {
  const both = namedHosts('left', 2, 83).map((host) => ({ ...host, ipv6: sixth(host.ip) }));
  const [server, node] = both as [LabHost, LabHost];
  const { kubernetesVersion, upgradesTo } = settingsFrom(process.env);
  let lab: Lab;
  let operator: Operator;
  const before = new Map<string, HostState>();
  const wanted = (version: string) =>
    operator.write({
      hosts: [server, { ...node, roles: ['worker'] }],
      kubernetesVersion: version,
      spec: {
        virtualAddress: { address: server.ip.replace(/\d+$/, '89') },
        networking: {
          podSubnet: '10.244.0.0/16,fd00:10:244::/56',
          serviceSubnet: '10.96.0.0/12,fd00:10:96::/112',
        },
        kubeProxy: { config: { mode: 'iptables' } },
      },
    });
  beforeAll(async () => {
    lab = await startLab({ hosts: both });
    operator = await newOperator(lab, inject('artifacts'));
    await wanted(kubernetesVersion);
    for (const { name } of both) before.set(name, await hostState(lab, name));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const asBefore = async () => {
    for (const { name } of both)
      expect(changes(before.get(name)!, await hostState(lab, name)), name).toEqual([]);
  };

  it('are as they were before the first `up`, also after an upgrade', async () => {
    await must(operator.up());
    await inhabit(lab, operator, server, both);
    await wanted(upgradesTo);
    await must(operator.up());
    await nothingToDo(operator);
    for (const { name } of both)
      for (const [family, rule] of [
        ['ip', 'jump KUBE-SVC-'],
        ['ip6', 'chain KUBE-PROXY-CANARY'],
      ])
        expect(await lab.read(name, `nft list table ${family} nat`)).toContain(rule);
    const ended = await must(operator.podstrap(['reset', '--all', '--yes']));
    console.log(ended.stdout, ended.stderr);
    await asBefore();
  });

  it('and so is one that loses power in the middle of its reset', async () => {
    await wanted(kubernetesVersion);
    await must(operator.up());
    await inhabit(lab, operator, server, both);
    const cut = operator.podstrap(['reset', '--all', '--yes']);
    await until('the reset is at work', async () => {
      const { stdout } = await lab.exec(node.name, 'systemctl is-active kubelet.service');
      if (stdout.trim() === 'active') throw new Error('the kubelet runs');
    });
    await lab.powerCut(node.name);
    const ended = await cut;
    console.log(ended.code, ended.stdout, ended.stderr);
    expect(ended.code).not.toBe(0);
    await lab.start(node.name);
    await must(operator.podstrap(['reset', '--all', '--yes']));
    await asBefore();
  });
});
