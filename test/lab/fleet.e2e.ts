import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { release } from '../../src/kubernetes/versions.js';
import { fingerprint } from './fingerprint.js';
import { fleetInventory } from './fleet-inventory.js';
import { type Lab, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';

const hosts = namedHosts('shop', 3, 81);
const [canary, ...others] = hosts.map(({ name }) => name) as [string, ...string[]];

describe('three hosts without an API server', () => {
  let lab: Lab;
  let operator: Operator;
  let bare: ReadonlyMap<string, string>;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    bare = await fingerprint(lab, canary);
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  /** @param program what the pod of every shop runs */
  const write = async (program: string) => {
    const image = `registry.k8s.io/pause:${release(lab.settings.kubernetesVersion).tags.pause}`;
    const container = { name: 'till', image, command: ['{{values.program}}'] };
    await writeFile(
      join(operator.directory, 'till.yaml'),
      dump({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'till' },
        spec: { containers: [container], terminationGracePeriodSeconds: 1 },
      }),
    );
    await writeFile(
      join(operator.directory, 'cluster.yaml'),
      fleetInventory({
        hosts,
        identityFile: lab.identityFile,
        kubernetesVersion: lab.settings.kubernetesVersion,
        artifacts: inject('artifacts'),
        spec: {
          values: { program },
          staticPods: [{ name: 'till', manifest: 'till.yaml' }],
          rollout: {
            minHealthyTime: '1s',
            healthyDeadline: '20s',
            stages: [{ name: 'canary', hosts: { names: [canary] }, approve: true }],
          },
        },
      }),
    );
  };
  const manifest = (host: string) => lab.read(host, 'cat /etc/kubernetes/manifests/till.yaml');
  /** What a program of this machine is told in the network of a host. */
  const told = async (host: string, ...command: readonly string[]) =>
    (await lab.within(host, '/proc/1/ns/net', command)).stdout;
  const healthz = (host: string) => told(host, 'curl', '-s', 'http://127.0.0.1:10248/healthz');

  it('the canary gets its kubelet, and the others once it is approved', async () => {
    await write('/pause');
    expect(await operator.up()).toMatchObject({
      code: 75,
      stdout: expect.stringContaining('waiting for approval'),
    });
    expect(await healthz(canary)).toBe('ok');
    expect((await lab.exec(others[0]!, 'test -e /etc/kubernetes')).code).toBe(1);
    await must(operator.podstrap(['approve', 'canary']));
    await must(operator.up());
    await nothingToDo(operator);
    await must(operator.podstrap(['status']));
    const listed = JSON.parse((await must(operator.podstrap(['pods', '-o', 'json']))).stdout);
    expect(listed.pods).toHaveLength(hosts.length);
    for (const pod of listed.pods)
      expect(pod).toMatchObject({ pod: 'till', state: 'runs', containers: ['till'], restarts: 0 });
    const used = JSON.parse((await must(operator.podstrap(['top', '-o', 'json']))).stdout);
    for (const host of used.hosts)
      expect(host.pods).toEqual([
        expect.objectContaining({
          name: `till-${host.host}`,
          memory: expect.any(Number),
          cpu: expect.any(Number),
        }),
      ]);
  });

  it('its kubelet lets nobody in without a certificate, and listens on loopback alone', async () => {
    const pods = 'https://127.0.0.1:10250/pods';
    expect(await told(canary, 'curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}', pods)).toBe('401');
    const listens = await lab.read(canary, `ss -Hltn 'sport = :10250' | tr -s ' ' | cut -d ' ' -f 4`);
    expect(listens.trim()).toBe('127.0.0.1:10250');
  });

  it('a canary that fails goes back, nobody else is touched, and the roll-out is refused from then on', async () => {
    await write('/nothing');
    const ended = await operator.up();
    expect(ended.code, ended.stderr).toBe(1);
    expect(`${ended.stdout}${ended.stderr}`).toContain('put back as it was before, and healthy');
    for (const host of hosts) expect(await manifest(host.name)).toContain('/pause');
    expect(await operator.up()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has failed before'),
    });
    await write('/pause');
    await nothingToDo(operator);
  });

  it('after a reset a host is what it was', async () => {
    await must(operator.podstrap(['reset', canary, '--yes']));
    expect(await fingerprint(lab, canary)).toEqual(bare);
  });
});
