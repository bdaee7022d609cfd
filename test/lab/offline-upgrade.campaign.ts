import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { everyApiServerWorks } from './api-objects.js';
import { etcdVersion } from './etcd.js';
import { namedHosts } from './named-hosts.js';
import { goOffline, type OfflineSite } from './offline-site.js';
import { must } from './operator.js';
import { settingsFrom } from './settings.js';

const hosts = namedHosts('gap', Number(process.env.LAB_OFFLINE_HOSTS ?? 3), 71);
const { kubernetesVersion: from, upgradesTo: to } = settingsFrom(process.env);

describe('one bundle with two versions is enough', () => {
  let site: OfflineSite;
  beforeAll(async () => {
    site = await goOffline(hosts, inject('artifacts'), [from, to]);
  });
  afterAll(() => site?.leave());
  const kubelets = async () => {
    const path = 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}';
    return (await site.operator.kubectl(hosts[0]!.ip, 'get', 'nodes', '-o', path)).split(' ');
  };

  it('for a bootstrap', async () => {
    await must(site.up());
    expect(await kubelets()).toEqual(hosts.map(() => from));
  });

  it('for an upgrade to another minor', async () => {
    await site.operator.write({ kubernetesVersion: to });
    await must(site.up());
    expect(await site.plan()).toMatchObject({ code: 0 });
    expect(await kubelets()).toEqual(hosts.map(() => to));
    for (const { name, ip } of hosts) {
      const said = JSON.parse(await site.operator.kubectl(ip, 'get', '--raw', '/version'));
      expect(said).toMatchObject({ gitVersion: to });
      expect(await etcdVersion(site.lab, name)).toMatch(/^3\.7\./);
    }
    await everyApiServerWorks(site.lab.hosts, site.operator);
  });

  it('and nobody tried to reach anything else', async () => {
    expect(await site.seat.attempts()).toBe(0);
    expect(await site.attempts()).toEqual(hosts.map(() => 0));
  });
});
