import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { everyApiServerWorks } from './api-objects.js';
import { output } from './command.js';
import { documentedCommands } from './documented-commands.js';
import { etcdVersion } from './etcd.js';
import { namedHosts } from './named-hosts.js';
import { goOffline, type OfflineSite } from './offline-site.js';
import { must } from './operator.js';
import { settingsFrom } from './settings.js';

const hosts = namedHosts('gap', Number(process.env.LAB_OFFLINE_HOSTS ?? 3), 71);
const { kubernetesVersion: from, upgradesTo: to } = settingsFrom(process.env);

describe('a bundle, and later a delta, are enough', () => {
  let site: OfflineSite;
  beforeAll(async () => {
    site = await goOffline(hosts, inject('artifacts'), [from]);
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

  it('for the upgrade that the page tells of', async () => {
    const [made, arrived, used] = await documentedCommands(
      'Later: an upgrade, without carrying everything again',
    );
    await makeKeys(site.online.directory);
    for (const words of made!) await must(site.online.podstrap(words));
    await site.carry('step.tar', 'next.tar.sig', 'bundle.pub');
    for (const words of arrived!) await must(site.operator.podstrap(words));
    const bytesOf = async (name: string) => (await stat(join(site.operator.directory, name))).size;
    expect(await bytesOf('step.tar')).toBeLessThan((await bytesOf('next.tar')) * 0.7);

    await site.operator.write({ kubernetesVersion: to });
    const alone = await site.operator.up('--bundle', 'step.tar');
    expect(alone.stderr).toContain('it is a delta');
    const publicKeyFile = 'bundle.pub';
    await site.operator.write({ kubernetesVersion: to, artifacts: { bundle: { publicKeyFile } } });
    for (const [command, ...words] of used!)
      await must(site.operator.podstrap([command!, ...words, ...(command === 'up' ? ['--yes'] : [])]));
    const left = await site.operator.podstrap(['plan', '--detailed-exitcode', '--bundle', 'next.tar']);
    expect(left).toMatchObject({ code: 0 });
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

/** As the page has it, without a passphrase: nobody is there to type it. */
async function makeKeys(directory: string): Promise<void> {
  const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await output('openssl', ['genpkey', ...curve, '-out', 'bundle.key'], { directory });
  await output('openssl', ['pkey', '-in', 'bundle.key', '-pubout', '-out', 'bundle.pub'], { directory });
}
