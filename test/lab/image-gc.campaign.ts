import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { namedHosts } from './named-hosts.js';
import { goOffline, type OfflineSite } from './offline-site.js';
import { must } from './operator.js';
import { settingsFrom } from './settings.js';
import { until } from './until.js';

const hosts = namedHosts('gc', 1, 76);
const [host] = hosts;
const { kubernetesVersion, upgradesTo } = settingsFrom(process.env);
/** Images that no pod uses. */
const unused = ['kube-apiserver', 'kube-scheduler'].map((name) => `registry.k8s.io/${name}:${upgradesTo}`);
/** Every disk is fuller than that, so that the kubelet deletes what it may, each time it looks: every five minutes. */
const eager = { imageGCHighThresholdPercent: 2, imageGCLowThresholdPercent: 1, imageMinimumGCAge: '1s' };
const lab = { cgroupDriver: 'cgroupfs', failSwapOn: false, failCgroupV1: false };

describe('a kubelet that deletes images', () => {
  let site: OfflineSite;
  let all: readonly string[];
  beforeAll(async () => {
    site = await goOffline(hosts, inject('artifacts'), [kubernetesVersion], {
      kubelet: { config: { ...lab, ...eager }, unit: { Service: { OOMScoreAdjust: '' } } },
      artifacts: { extraImages: unused },
    });
    await must(site.up());
  });
  afterAll(() => site?.leave());
  const ctr = (words: string) => site.lab.read(host!.name, `ctr -n k8s.io images ${words}`);
  /** Names that people know; containerd keeps the same images by their digests as well. */
  const names = async () =>
    (await ctr('ls -q'))
      .split('\n')
      .filter((name) => name !== '' && !/^sha256:|@sha256:/.test(name))
      .sort();

  it('takes what is not pinned and not in use', async () => {
    all = await names();
    expect(all).toEqual(expect.arrayContaining(unused));
    // An image of podstrap's loses its pin to somebody's hand.
    await ctr(`label ${unused[0]} io.cri-containerd.pinned=`);
    expect(await site.plan()).toMatchObject({ code: 2, stdout: expect.stringContaining('it is not pinned') });
    await until('the kubelet has deleted it', async () => !(await names()).includes(unused[0]!), 660);
  });

  it('and leaves all that are pinned, in use or not', async () => {
    expect(await names()).toEqual(all.filter((name) => name !== unused[0]));
  });

  it('what went comes back with the next up, pinned', async () => {
    expect(await site.plan()).toMatchObject({ code: 2, stdout: expect.stringContaining(unused[0]!) });
    await must(site.up());
    expect(await site.plan()).toMatchObject({ code: 0 });
    expect(await names()).toEqual(all);
    expect(await site.attempts()).toEqual([0]);
  });
});
