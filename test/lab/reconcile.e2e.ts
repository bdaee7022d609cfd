import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { etcdMembership } from './etcd.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { upKilledAfter, upWithPowerCut } from './interrupted.js';
import { everyManifest, revisionsOf } from './manifests.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { randomFrom } from './random.js';
import { startWriter, type Writer } from './writer.js';

const hosts = namedHosts('roll', 3, 61);
const [first, second, third] = hosts as [LabHost, LabHost, LabHost];
const names = hosts.map(({ name }) => name);
const kills = Number(process.env.LAB_KILLS ?? 2);
const cuts = Number(process.env.LAB_CUTS ?? 1);
const seed = Number(process.env.LAB_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Every component of the control plane gets another flag: one number, so that each call is a change. */
const changedTo = (level: number) => {
  const extraArgs = [{ name: 'v', value: `${level}` }];
  return {
    timeouts: { watchAfterChange: '3s' },
    etcd: { local: { extraArgs: [{ name: 'max-request-bytes', value: `${2_000_000 + level}` }] } },
    apiServer: { extraArgs },
    controllerManager: { extraArgs },
    scheduler: { extraArgs },
  };
};

describe(`a living cluster is changed while a client writes (LAB_SEED=${seed})`, () => {
  let lab: Lab;
  let operator: Operator;
  let writer: Writer;
  let seconds = 0;
  let level = 1;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    await operator.write({ spec: changedTo(level) });
    await must(operator.up());
    await mkdir(join(operator.directory, 'patches'));
    await writeFile(
      join(operator.directory, 'patches', 'kube-scheduler+json.json'),
      JSON.stringify([
        { op: 'replace', path: '/spec/containers/0/image', value: 'registry.invalid/none:v1' },
      ]),
    );
    writer = await startWriter(
      operator,
      hosts.map(({ ip }) => ip),
    );
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const next = () => {
    level += 1;
    return operator.write({ spec: changedTo(level) });
  };
  const manifests = () => Promise.all(names.map((name) => everyManifest(lab, name)));
  const served = () => {
    expect(writer.seen().failed).toEqual([]);
  };

  it('takes a flag on every node, one after another', async () => {
    await next();
    const before = await Promise.all(names.map((name) => revisionsOf(lab, name)));
    const start = performance.now();
    await must(operator.up());
    seconds = (performance.now() - start) / 1000;
    console.log(`four components of three nodes: ${seconds.toFixed(1)} s`, writer.seen());
    await nothingToDo(operator);
    const after = await Promise.all(names.map((name) => revisionsOf(lab, name)));
    for (const [index, revisions] of after.entries())
      for (const [pod, revision] of Object.entries(revisions)) expect(revision).not.toBe(before[index]![pod]);
    served();
  });

  it('has an edited manifest put right, one node only', async () => {
    const before = await manifests();
    await lab.read(second.name, 'sed -i "s/--v=.*/--v=9/" /etc/kubernetes/manifests/kube-apiserver.yaml');
    await must(operator.up());
    expect(await manifests()).toEqual(before);
    await nothingToDo(operator);
    served();
  });

  it.for([
    [
      'a flag that the API server does not know',
      { apiServer: { extraArgs: [{ name: 'no-such-flag', value: 'x' }] } },
    ],
    ['an image that is nowhere', { patches: { directory: 'patches' } }],
  ] as const)('undoes %s', async ([, spec]) => {
    const before = await manifests();
    await operator.write({
      spec: { ...changedTo(level), ...spec, timeouts: { controlPlaneComponentHealthCheck: '30s' } },
    });
    const ended = await operator.up();
    expect(ended.code).toBe(1);
    expect(await manifests()).toEqual(before);
    await operator.write({ spec: changedTo(level) });
    await nothingToDo(operator);
    served();
  });

  it.for(['/var/lib/podstrap', '/etc/kubernetes'])(
    'undoes what it did when %s of the second node is full',
    async (path) => {
      const before = await manifests();
      await lab.fill(second.name, path);
      await next();
      const ended = await operator.up();
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(second.name) });
      expect(await manifests()).toEqual(before);
      await lab.free(second.name, path);
      await must(operator.up());
      await nothingToDo(operator);
      served();
    },
  );

  it('changes nothing while another node is down and etcd would lose quorum', async () => {
    const before = await everyManifest(lab, first.name);
    await lab.powerCut(third.name);
    await next();
    const ended = await operator.up();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('quorum');
    expect(await everyManifest(lab, first.name)).toEqual(before);
    await lab.start(third.name);
    await must(operator.up());
    await nothingToDo(operator);
    served();
  });

  // One point in each of equal parts of the time that an undisturbed roll-out takes.
  const random = randomFrom(seed);
  const points = (count: number) => Array.from({ length: count }, (_, index) => (index + random()) / count);

  it.for(points(kills))('finishes what a killed operator began, killed after %f of the time', async (at) => {
    await next();
    console.log(await upKilledAfter(operator, at * seconds));
    for (const name of names) expect(await everyManifest(lab, name)).toBeDefined();
    await must(operator.up());
    await nothingToDo(operator);
    served();
  });

  it.for(points(cuts).map((at) => [at, names[Math.floor(random() * 3)]!] as const))(
    'finishes what a power cut interrupted, after %f of the time on %s',
    async ([at, name]) => {
      await next();
      console.log(await upWithPowerCut(lab, operator, name, at * seconds));
      await everyManifest(lab, name);
      await lab.start(name);
      await must(operator.up());
      await nothingToDo(operator);
      served();
    },
  );

  it('has lost nothing that was acknowledged, and no request failed', async () => {
    const { acknowledged, ...seen } = await writer.stop();
    console.log(`${acknowledged} objects written and read back`, seen);
    expect(acknowledged).toBeGreaterThan(100);
    expect(seen).toMatchObject({ failed: [], lost: [] });
    const voters = names.map((name) => ({ name, learner: false }));
    for (const name of names) expect((await etcdMembership(lab, name)).members).toEqual(voters);
  });
});
