import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { changes, type HostState, hostState } from './host-state.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { inhabit } from './inhabit.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';

const hosts = namedHosts('gone', 2, 81);
const [first, worker] = hosts as [LabHost, LabHost];

describe('hosts that are reset', () => {
  let lab: Lab;
  let operator: Operator;
  const before = new Map<string, HostState>();
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    await operator.write({ hosts: [first, { ...worker, roles: ['worker'] }] });
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
