import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { checked, told } from './check.js';
import { changes, type HostState, hostState } from './host-state.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { powerCutWhen } from './interrupted.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';
import { startWriter } from './writer.js';

const [host] = namedHosts('machine', 1, 21) as [LabHost];
/** Seconds: how long an emulated machine may take for what a real one does in a few. */
const long = 1_200;

/** The story of one host, with nothing in its inventory about kubelet, containerd, units or how long anything takes. */
describe('one control plane on a machine of its own', () => {
  let lab: Lab;
  let operator: Operator;
  let bare: HostState;
  let began: number;
  beforeAll(async () => {
    began = performance.now();
    lab = await startLab({ hosts: [host] });
    operator = await newOperator(lab, inject('artifacts'));
    bare = await hostState(lab, host.name);
    tell('boots');
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  beforeEach(() => {
    began = performance.now();
  });
  afterEach(({ task }) => tell(task.name));
  const tell = (what: string) => console.log(`${((performance.now() - began) / 1000).toFixed(0)} s: ${what}`);
  const flag = (value: string) =>
    operator.write({ spec: { scheduler: { extraArgs: [{ name: 'v', value }] } } });
  const ready = () =>
    until('the API server is ready', () => operator.kubectl(host.ip, 'get', '--raw', '/readyz'), long);
  const settled = async () => {
    await ready();
    await until('there is nothing to do', () => nothingToDo(operator), long);
  };

  it('is what podstrap takes for granted, and the inventory says nothing of it', async () => {
    expect(await lab.read(host.name, 'stat -fc %T /sys/fs/cgroup; ps -o comm= 1')).toBe(
      'cgroup2fs\nsystemd\n',
    );
    expect(await lab.read(host.name, 'cat /sys/module/apparmor/parameters/enabled')).toBe('Y\n');
    await operator.write({});
    const { spec } = load(await readFile(join(operator.directory, 'cluster.yaml'), 'utf8')) as {
      spec: object;
    };
    expect(Object.keys(spec).sort()).toEqual(['artifacts', 'hosts', 'kubernetesVersion', 'ssh']);
  });

  it('loses power while etcd and the API server start for the first time; up finishes it', async () => {
    await powerCutWhen(lab, operator, host.name, 'test -d /var/lib/etcd/member/wal');
    await lab.start(host.name);
    await must(operator.up());
    await nothingToDo(operator);
  });

  it('is what the default asks for: systemd has the pods, AppArmor confines them', async () => {
    expect(await lab.read(host.name, 'ls -d /sys/fs/cgroup/kubepods.slice/*burstable*')).toContain('slice');
    const confined = await lab.read(host.name, 'cat /proc/$(pidof kube-scheduler)/attr/current');
    expect(confined).toContain('cri-containerd.apparmor.d (enforce)');
    expect(await lab.read(host.name, 'systemctl is-system-running')).toBe('running\n');
  });

  it('runs pods', async () => {
    expect(told(await checked(operator, host.ip, '--wait', `${long}s`))).toEqual([]);
  });

  it('comes back from a reboot by itself, and nothing is left to do', async () => {
    await lab.reboot(host.name);
    await settled();
  });

  it('takes a new flag, and nothing is left to do', async () => {
    await flag('3');
    await must(operator.up());
    await nothingToDo(operator);
    expect(await lab.read(host.name, 'tr "\\0" " " </proc/$(pidof kube-scheduler)/cmdline')).toContain(
      '--v=3',
    );
  });

  it('loses power while a manifest is switched; up finishes it', async () => {
    await flag('4');
    await powerCutWhen(lab, operator, host.name, 'ls /etc/kubernetes/.podstrap/parked/*.yaml');
    await lab.start(host.name);
    await must(operator.up());
    await nothingToDo(operator);
  });

  it('keeps each write that etcd has acknowledged, when the page cache is lost', async () => {
    const writer = await startWriter(operator, [host.ip]);
    await until('a hundred objects are written', async () => writer.seen().acknowledged >= 100, long);
    await lab.powerCut(host.name);
    await lab.start(host.name);
    await ready();
    const { acknowledged, lost } = await writer.stop();
    console.log(`${acknowledged} acknowledged`);
    expect(lost).toEqual([]);
    await settled();
  });

  it('reset returns it to what it was; what its kernel has loaded goes with a reboot', async () => {
    await must(operator.podstrap(['reset', '--all', '--yes']));
    const left = changes(bare, await hostState(lab, host.name));
    expect(left.filter((line) => !line.startsWith('sysctls '))).toEqual([]);
    await lab.reboot(host.name);
    expect(changes(bare, await hostState(lab, host.name))).toEqual([]);
  });

  it('and a new cluster can be made on the same host', async () => {
    await must(operator.up());
    await nothingToDo(operator);
  });
});
