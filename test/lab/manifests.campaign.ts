import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  directoryContent,
  inventoryMirrors,
  startUpstream,
  type Upstream,
} from '../../src/practice/upstream/upstream.js';
import { checked, unwell } from './check.js';
import { output } from './command.js';
import { flannelManifests } from './flannel.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { podsTalk } from './pods-talk.js';
import { servicesWork } from './services-work.js';
import { beside, settingsFrom } from './settings.js';

const hosts = namedHosts('sheep', 3, 121);
const [first, second, third] = hosts as [LabHost, LabHost, LabHost];

describe('a network of pods that comes as manifests: flannel', () => {
  let lab: Lab;
  let operator: Operator;
  let upstream: Upstream;
  let cacheDirectory: string;
  beforeAll(async () => {
    const { home } = settingsFrom(process.env);
    await output(beside('build'), ['--flannel'], { environment: { LAB_HOME: home } });
    upstream = await startUpstream(await directoryContent({ dist: join(home, 'dist') }));
    cacheDirectory = await mkdtemp(join(tmpdir(), 'podstrap-flannel-'));
    lab = await startLab({ hosts });
    operator = await newOperator(lab, { ...inventoryMirrors(upstream.url), cacheDirectory });
    await have([first, second], 'one');
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
    await upstream?.close();
    if (cacheDirectory) await rm(cacheDirectory, { recursive: true, force: true });
  });

  /** The first host is the control plane, the others are workers. */
  const have = async (members: readonly LabHost[], note: string) => {
    await writeFile(join(operator.directory, 'flannel.yaml'), flannelManifests(note));
    await operator.write({
      hosts: members.map((host) => ({ ...host, roles: [host === first ? 'control-plane' : 'worker'] })),
      spec: {
        networking: { plugin: 'manifests', podSubnet: '10.244.0.0/16' },
        addons: [{ name: 'flannel', path: 'flannel.yaml', network: true }],
      },
    });
  };
  const flannelRuns = async () => {
    const status = await must(operator.podstrap(['status']));
    for (const workload of [
      'DaemonSet kube-system/kube-proxy',
      'Deployment kube-system/coredns',
      'DaemonSet kube-flannel/kube-flannel-ds',
    ])
      expect(status.stdout).toMatch(new RegExp(`✔ \\S+ {2}${workload} {2}runs`));
  };

  it('comes up with the cluster: up ends when it runs, nothing is left to do, and the cluster runs pods', async () => {
    const ended = await must(operator.up('--check'));
    console.log(ended.stdout.split('\n').slice(-40).join('\n'));
    await nothingToDo(operator);
    await podsTalk(lab, operator, [first, second]);
    await servicesWork(lab, operator, [first, second]);
    const report = await checked(operator, first.ip);
    expect(unwell(report)).toEqual([]);
    await flannelRuns();
  });

  it('is changed by its manifest: shown in the plan, waited for, and nothing is left to do', async () => {
    await have([first, second], 'two');
    expect((await operator.plan()).stdout).toContain('update DaemonSet kube-flannel/kube-flannel-ds');
    await must(operator.up());
    const notes = await operator.kubectl(
      first.ip,
      ...['-n', 'kube-flannel', 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.annotations.note}'],
    );
    expect(notes).toBe('two two');
    await nothingToDo(operator);
    expect(unwell(await checked(operator, first.ip))).toEqual([]);
  });

  it('is made anew while somebody’s deletion of its namespace is still going on', async () => {
    await operator.kubectl(first.ip, 'delete', 'namespace', 'kube-flannel', '--wait=false');
    expect((await operator.plan()).stdout).toContain('create Namespace kube-flannel');
    await must(operator.up());
    await nothingToDo(operator);
    await podsTalk(lab, operator, [first, second]);
    await flannelRuns();
  });

  it('comes to a host that is added later, by itself', async () => {
    await have([first, second, third], 'two');
    await must(operator.up());
    await nothingToDo(operator);
    await podsTalk(lab, operator, hosts);
    expect(unwell(await checked(operator, first.ip))).toEqual([]);
    await flannelRuns();
  });
});
