import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { everyApiServerWorks, nodesOf } from './api-objects.js';
import type { LabHost } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { goOffline, type OfflineSite } from './offline-site.js';
import { must } from './operator.js';
import { settingsFrom } from './settings.js';
import { until } from './until.js';

const hosts = namedHosts('gap', Number(process.env.LAB_OFFLINE_HOSTS ?? 1), 71);
const [host] = hosts as [LabHost];
const { kubernetesVersion } = settingsFrom(process.env);

describe('a bundle and SSH are enough', () => {
  let site: OfflineSite;
  beforeAll(async () => {
    site = await goOffline(hosts, inject('artifacts'), [kubernetesVersion]);
  });
  afterAll(() => site?.leave());
  const nothingLeft = async () => expect(await site.plan()).toMatchObject({ code: 0 });

  it('for a bootstrap', async () => {
    await must(site.up());
    await nothingLeft();
    expect(await nodesOf(site.operator, host.ip)).toEqual(hosts.map(({ name }) => name));
    await everyApiServerWorks(site.lab.hosts, site.operator);
  });

  it('for CoreDNS, which has no resolver to ask in turn', async () => {
    const system = (...args: string[]) => site.operator.kubectl(host.ip, '-n', 'kube-system', ...args);
    await until('CoreDNS is ready', () => system('rollout', 'status', 'deployment/coredns', '--timeout=2s'));
    expect(await system('get', 'configmap', 'coredns', '-o', 'jsonpath={.data.Corefile}')).not.toContain(
      'forward',
    );
  });

  it('for a change', async () => {
    const changed = {
      apiServer: { extraArgs: [{ name: 'v', value: '3' }] },
      timeouts: { watchAfterChange: '3s' },
    };
    await site.operator.write({ spec: changed });
    await must(site.up());
    await nothingLeft();
    expect(
      await site.lab.read(host.name, 'cat /proc/$(pgrep -x kube-apiserver)/cmdline | tr "\\0" " "'),
    ).toContain('--v=3');
  });

  it('for an image that was removed, and for one whose content is gone', async () => {
    const ctr = (words: string) => site.lab.read(host.name, `ctr -n k8s.io ${words}`);
    const list = (await ctr('images ls -q')).split('\n');
    const scheduler = list.find((name) => name.includes('/kube-scheduler:'))!;
    await ctr(`images rm --sync ${scheduler}`);
    const etcd = (await ctr('images ls')).split('\n').find((line) => line.includes('/etcd:'))!;
    const manifest = /sha256:[0-9a-f]{64}/.exec(etcd)![0];
    const layer = (await ctr(`content get ${manifest}`)).match(/sha256:[0-9a-f]{64}/g)!.at(-1)!;
    await ctr(`content rm ${layer}`);
    expect(await ctr('images ls -q')).not.toContain(scheduler);
    await must(site.up());
    expect(await ctr('images ls -q')).toContain(scheduler);
    expect(await ctr('content ls -q')).toContain(layer);
    await nothingLeft();
  });

  it('and nobody tried to reach anything else', async () => {
    expect(await site.seat.attempts()).toBe(0);
    expect(await site.attempts()).toEqual(hosts.map(() => 0));
  });

  it('which the filter would have seen', async () => {
    const asked = await site.operator.podstrap(['bundle', 'create', '--arch', 'amd64', '--out', 'more.tar']);
    expect(asked.code).not.toBe(0);
    expect(await site.seat.attempts()).toBeGreaterThan(0);
  });
});
