import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { LabHost } from './hosts.js';
import { seed, testInterruptions } from './interruptions.js';
import { badImage, type LivingCluster, livingCluster } from './living-cluster.js';
import { namedHosts } from './named-hosts.js';
import { must } from './operator.js';

const hosts = namedHosts('long', 3, 65);
const [, second] = hosts as [LabHost, LabHost, LabHost];
const names = hosts.map(({ name }) => name);

describe(`a live cluster is changed, time and again, while a client writes (LAB_SEED=${seed})`, () => {
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

  it('goes back by a rollback to a manifest that names a file of one’s own, once that file is as it was then', async () => {
    const { operator, lab } = cluster;
    const policy = '/etc/kubernetes/audit/policy.yaml';
    const audited = async (verbosity: string, stages: string) => {
      await writeFile(
        join(operator.directory, 'audit.yaml'),
        `apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [${stages}]\nrules: [{ level: None }]\n`,
      );
      await cluster.restate({
        apiServer: {
          extraArgs: [
            { name: 'v', value: verbosity },
            { name: 'audit-policy-file', value: policy },
            { name: 'audit-log-path', value: '-' },
          ],
          extraFiles: [{ source: 'audit.yaml', path: policy }],
        },
      });
    };
    const state = async () => ({
      manifests: await cluster.manifests(),
      policies: await Promise.all(names.map((name) => readFile(lab.path(name, policy), 'utf8'))),
    });
    await audited('3', 'RequestReceived');
    await cluster.converge();
    const then = await state();
    await audited('4', 'ResponseStarted');
    await cluster.converge();
    const now = await state();
    expect(now).not.toEqual(then);

    const refused = await operator.podstrap(['rollback', '--yes']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be reproduced byte for byte'),
    });
    expect(await state()).toEqual(now);

    await audited('4', 'RequestReceived');
    await must(operator.podstrap(['rollback', '--yes']));
    expect(await state()).toEqual(then);
    expect(await operator.plan()).toMatchObject({ code: 2, stderr: expect.stringContaining('rolled back') });
    await cluster.restate();
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
