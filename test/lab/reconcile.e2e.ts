import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { etcdMembership } from './etcd.js';
import type { LabHost } from './hosts.js';
import { seed, testInterruptions } from './interruptions.js';
import { type LivingCluster, livingCluster } from './living-cluster.js';
import { revisionsOf } from './manifests.js';
import { namedHosts } from './named-hosts.js';

const hosts = namedHosts('roll', 3, 61);
const [, second, third] = hosts as [LabHost, LabHost, LabHost];
const names = hosts.map(({ name }) => name);

describe(`a live cluster is changed while a client writes (LAB_SEED=${seed})`, () => {
  let cluster: LivingCluster;
  let seconds = 0;
  beforeAll(async () => {
    cluster = await livingCluster(hosts, inject('artifacts'));
  });
  afterAll(() => cluster?.leave());

  it('takes a flag of every component on every node', async () => {
    const revisions = () => Promise.all(names.map((name) => revisionsOf(cluster.lab, name)));
    const before = await revisions();
    await cluster.change();
    seconds = await cluster.converge();
    console.log(`undisturbed: ${seconds.toFixed(1)} s; seed ${seed}`, cluster.writer.seen());
    for (const [index, after] of (await revisions()).entries())
      for (const [pod, revision] of Object.entries(after)) expect(revision).not.toBe(before[index]![pod]);
  });

  it('is as it was after a flag that the API server does not know', async () => {
    const before = await cluster.manifests();
    await cluster.restate({ apiServer: { extraArgs: [{ name: 'no-such-flag', value: 'x' }] } });
    const ended = await cluster.operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown flag') });
    expect(await cluster.manifests()).toEqual(before);
    await cluster.restate();
    await cluster.converge();
  });

  it('is as it was after a roll-out that met a full disk on the second node', async () => {
    const before = await cluster.manifests();
    await cluster.lab.fill(second.name, '/var/lib/podstrap');
    await cluster.change();
    const ended = await cluster.operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(second.name) });
    expect(await cluster.manifests()).toEqual(before);
    await cluster.lab.free(second.name, '/var/lib/podstrap');
  });

  it('is not changed while a node is down and another would cost etcd its quorum', async () => {
    const before = await cluster.manifests();
    await cluster.lab.powerCut(third.name);
    await cluster.change();
    const ended = await cluster.operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('quorum') });
    expect(await cluster.manifests()).toEqual(before);
    await cluster.lab.start(third.name);
    await cluster.converge();
  });

  testInterruptions(
    names,
    () => cluster,
    () => seconds,
    { kills: Number(process.env.LAB_ROLL_OUT_KILLS ?? 2), cuts: Number(process.env.LAB_ROLL_OUT_CUTS ?? 1) },
  );

  it('has lost nothing that was acknowledged, and no request failed', async () => {
    const { acknowledged, ...seen } = await cluster.writer.stop();
    console.log(`${acknowledged} objects written and read back`, seen);
    expect(acknowledged).toBeGreaterThan(100);
    expect(seen).toMatchObject({ failed: [], lost: [] });
    const voters = names.map((name) => ({ name, learner: false }));
    for (const name of names) expect((await etcdMembership(cluster.lab, name)).members).toEqual(voters);
  });
});
