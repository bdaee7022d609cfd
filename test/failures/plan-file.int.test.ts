import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunEvent } from '../../src/events.js';
import { planSchema, sealOfDocument } from '../../src/plan/documents/plan-document.js';
import { Secret } from '../../src/secret.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
let file: string;
beforeAll(async () => {
  world = await startWorld(3);
  file = join(world.directory, 'plan.json');
});
afterAll(() => world.close());

const flag = (value: string) => (spec: Spec) => {
  spec.apiServer = { extraArgs: [{ name: 'event-ttl', value }] };
};
const planned = async () => planSchema.parse(JSON.parse(await readFile(file, 'utf8')));

/** Names of the waves that a run began, in order. */
const wavesIn = (stdout: string): readonly string[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent)
    .flatMap((event) => (event.event === 'wave' && event.state === 'started' ? [event.wave] : []));

/** Every host without what the kubelet does by itself when a test has edited a manifest: it runs the pod anew. */
const withoutPods = async () =>
  Object.fromEntries(
    Object.entries(await fingerprint(world.site)).filter(
      ([path]) => !/:\/var\/(lib\/containerd\/practice\/containers|log\/pods|lib\/kubelet\/pods)/.test(path),
    ),
  );

/** That `up --plan` refuses so and leaves every host as it was. */
async function expectRefusal(code: number, ...says: readonly (string | RegExp)[]): Promise<void> {
  const before = await withoutPods();
  expectEnd(await world.podstrap(['up', '--plan', file]), code, ...says, 'Nothing was changed', '→');
  expect(await withoutPods()).toEqual(before);
}

it('a bootstrap from a plan file: exactly its steps are taken, without asking', async () => {
  expectEnd(await world.podstrap(['plan', '--out', file]), 0, `podstrap up --plan ${file}`);
  const { steps, cluster, rollOut } = await planned();
  expect(cluster.name).toBe('practice');
  expect(rollOut.waves.map(({ title }) => title)).toEqual([
    'Prepare, all hosts at once',
    'Images of other pods, on each host once it is prepared',
    'Start, all hosts at once',
    'Clients of the API, as soon as an API server answers',
    'API objects',
  ]);
  expect(rollOut.waves.flatMap((wave) => wave.steps).sort((a, b) => a - b)).toEqual(steps.map((_, at) => at));
  const ended = await world.podstrap(['up', '--plan', file, '-o', 'json']);
  expectEnd(ended, 0);
  const result = JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as object;
  expect(result).toMatchObject({ event: 'result', steps: steps.length, skipped: [] });
  expect([...wavesIn(ended.stdout)].sort()).toEqual(rollOut.waves.map(({ name }) => name).sort());
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0, 'Nothing to do');
});

it('two looks at the same hosts give the same plan; one that is carried out is no longer true', async () => {
  await world.edit(flag('2h0m0s'));
  const looks = [await world.podstrap(['plan', '-o', 'json']), await world.podstrap(['plan', '-o', 'json'])];
  const [one, other] = looks.map(({ stdout }) => ({ ...JSON.parse(stdout), made: '', seal: '' }));
  expect(one).toEqual(other);
  expectEnd(
    await world.podstrap(['plan', '--out', file, '--detailed-exitcode']),
    2,
    /1\. cp-\d/,
    /3\. cp-\d, the etcd leader/,
  );
  const { rollOut } = await planned();
  const ended = await world.podstrap(['up', '--plan', file, '-o', 'json']);
  expectEnd(ended, 0);
  expect(wavesIn(ended.stdout)).toEqual(rollOut.waves.map(({ name }) => name));
  await expectRefusal(1, 'it would no longer switch static pod kube-apiserver');
});

it('an inventory that changed since is refused, with the part', async () => {
  const back = await world.edit(flag('1h0m0s'));
  expectEnd(await world.podstrap(['plan', '--out', file]), 0);
  await back();
  await expectRefusal(1, 'the inventory has changed since the plan was made: spec.apiServer');
});

it('a host that changed since is refused, with the host', async () => {
  const manifest = join(world.site.host('cp-2').root, '/etc/kubernetes/manifests/kube-scheduler.yaml');
  const whole = await readFile(manifest, 'utf8');
  await writeFile(manifest, `${whole}# one\n`);
  expectEnd(await world.podstrap(['plan', '--out', file, '--detailed-exitcode']), 2, '-# one');
  await writeFile(manifest, `${whole}# another\n`);
  await expectRefusal(1, 'cp-2: what is there has changed since: switch static pod kube-scheduler');
  const unit = join(world.site.host('cp-3').root, '/etc/systemd/system/kubelet.service');
  await writeFile(manifest, `${whole}# one\n`);
  await writeFile(unit, `${await readFile(unit, 'utf8')}# edited\n`);
  await expectRefusal(1, 'cp-3: it would now also write /etc/systemd/system/kubelet.service');
  await world.converge();
});

it('files that are no plan of this cluster are refused before any host is looked at', async () => {
  expectEnd(await world.podstrap(['plan', '--out', file]), 0);
  const text = await readFile(file, 'utf8');
  const document = JSON.parse(text) as { cluster: { id: string; name: string } };
  const key = new Secret((await readFile(join(world.state, 'pki/plan.key'), 'utf8')).trim());
  await writeFile(file, text.slice(0, -40));
  await expectRefusal(64, 'it is incomplete');
  await writeFile(file, text.replace('"prune": false', '"prune": true'));
  await expectRefusal(64, 'it was changed after podstrap wrote it');
  const foreign = { ...document, cluster: { name: 'other', id: '0'.repeat(32) } };
  await writeFile(file, JSON.stringify({ ...foreign, seal: sealOfDocument(foreign, key) }));
  await expectRefusal(1, 'it is for another cluster: other');
  const old = { ...document, podstrap: '0.0.9' };
  await writeFile(file, JSON.stringify({ ...old, seal: sealOfDocument(old, key) }));
  await expectRefusal(1, 'podstrap 0.0.9 made it');
  const elsewhere = { ...document, steps: [] };
  await writeFile(
    file,
    JSON.stringify({ ...elsewhere, seal: sealOfDocument(elsewhere, new Secret('6'.repeat(64))) }),
  );
  await expectRefusal(64, 'or written with another keystore');
  const { seal: _, ...unsealed } = document as { seal?: string };
  await writeFile(file, JSON.stringify({ ...unsealed, sha256: '0'.repeat(64) }));
  await expectRefusal(64, 'an earlier podstrap wrote it');
  await writeFile(file, await readFile(world.file, 'utf8'));
  await expectRefusal(64, 'it is incomplete: it ends early, or is not JSON at all');
  expectEnd(await world.podstrap(['up', '--plan', '/no/such/plan.json']), 64, 'there is no such file', '→');
});

it('what narrows a plan does not go with a file', async () => {
  expectEnd(await world.podstrap(['plan', '--out', file, '--host', 'cp-1']), 64, '--limit');
  expectEnd(await world.podstrap(['up', '--plan', file, '--limit', 'cp-1']), 64, '--plan applies exactly');
  expectEnd(
    await world.podstrap(['plan', '--out', '/no/such/folder/plan.json']),
    64,
    'there is no folder /no/such/folder',
  );
});

it('--host and --phase show a part', async () => {
  const back = await world.edit((spec) => {
    spec.scheduler = { extraArgs: [{ name: 'v', value: '3' }] };
    spec.containerd = { config: { debug: { level: 'warn' } } };
  });
  try {
    const part = await world.podstrap([
      'plan',
      '--host',
      'cp-1,cp-3',
      '--phase',
      'node',
      '--detailed-exitcode',
    ]);
    expectEnd(part, 2, 'cp-1', 'cp-3', '/etc/containerd/config.toml');
    expect(part.stdout).not.toMatch(/cp-2|kube-scheduler/);
    const objects = await world.podstrap(['plan', '--phase', 'cluster', '--detailed-exitcode']);
    expectEnd(objects, 2, 'update ConfigMap kube-system/kubeadm-config', 'on 0 hosts');
    expect(objects.stdout).not.toContain('/etc/');
    expectEnd(
      await world.podstrap(['plan', '--phase', 'binaries', '--detailed-exitcode']),
      0,
      'in this part',
    );
    expectEnd(await world.podstrap(['plan', '--host', 'cp-9']), 64, 'did you mean');
    expectEnd(await world.podstrap(['plan', '--phase', 'pods']), 64, 'there is no phase pods');
  } finally {
    await back();
  }
});

it('--limit changes one node, and refuses what would break the order', async () => {
  await world.edit(flag('5h0m0s'));
  const before = await fingerprint(world.site);
  const status = JSON.parse((await world.podstrap(['status', '-o', 'json'])).stdout) as {
    etcd: { name: string; role: string }[];
  };
  const leader = status.etcd.find(({ role }) => role === 'leader')!.name;
  const follower = status.etcd.find(({ role }) => role !== 'leader')!.name;
  expectEnd(await world.podstrap(['up', '--yes', '--limit', leader]), 1, 'would have to change before', '→');
  expect(await fingerprint(world.site)).toEqual(before);
  expectEnd(await world.podstrap(['up', '--yes', '--limit', follower]), 0);
  const after = await fingerprint(world.site);
  const manifests = Object.keys(after).filter(
    (path) => /manifests\//.test(path) && after[path] !== before[path],
  );
  expect(manifests).toEqual([`${follower}:/etc/kubernetes/manifests/kube-apiserver.yaml`]);
  const rest = await world.podstrap(['plan', '--detailed-exitcode']);
  expectEnd(rest, 2, leader);
  expect(rest.stdout).not.toContain(follower);
  await world.converge();
});
