import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { LabHost } from './hosts.js';
import { seed, testInterruptions } from './interruptions.js';
import { badImage, type LivingCluster, livingCluster } from './living-cluster.js';
import { namedHosts } from './named-hosts.js';

const hosts = namedHosts('long', 3, 65);
const [, second] = hosts as [LabHost, LabHost, LabHost];
const names = hosts.map(({ name }) => name);

describe(`a living cluster is changed, time and again, while a client writes (LAB_SEED=${seed})`, () => {
  let cluster: LivingCluster;
  let seconds = 0;
  beforeAll(async () => {
    cluster = await livingCluster(hosts, inject('artifacts'));
    await cluster.change();
    seconds = await cluster.converge();
    console.log(`undisturbed: ${seconds.toFixed(1)} s; seed ${seed}`);
  });
  afterAll(() => cluster?.leave());

  it('has an edited manifest put right, one node only', async () => {
    const before = await cluster.manifests();
    await cluster.lab.read(
      second.name,
      'sed -i "s/--v=.*/--v=9/" /etc/kubernetes/manifests/kube-apiserver.yaml',
    );
    await cluster.converge();
    expect(await cluster.manifests()).toEqual(before);
  });

  it('is as it was after an image that is nowhere', async () => {
    const before = await cluster.manifests();
    await cluster.restate({ ...badImage, timeouts: { controlPlaneComponentHealthCheck: '30s' } });
    expect(await cluster.operator.up()).toMatchObject({ code: 1 });
    expect(await cluster.manifests()).toEqual(before);
    await cluster.restate();
    await cluster.converge();
  });

  it('is as it was after a full disk below the manifests of the second node', async () => {
    const before = await cluster.manifests();
    await cluster.lab.fill(second.name, '/etc/kubernetes');
    await cluster.change();
    const ended = await cluster.operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(second.name) });
    expect(await cluster.manifests()).toEqual(before);
    await cluster.lab.free(second.name, '/etc/kubernetes');
    await cluster.converge();
  });

  testInterruptions(
    names,
    () => cluster,
    () => seconds,
    {
      kills: Number(process.env.LAB_ROLL_OUT_KILLS ?? 20),
      cuts: Number(process.env.LAB_ROLL_OUT_CUTS ?? 10),
    },
  );

  it('has lost nothing that was acknowledged, and no request failed', async () => {
    const { acknowledged, ...seen } = await cluster.writer.stop();
    console.log(`${acknowledged} objects written and read back`, seen);
    expect(seen).toMatchObject({ failed: [], lost: [] });
  });
});
