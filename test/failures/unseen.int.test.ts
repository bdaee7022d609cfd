import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openInventory, openSession } from '../../src/cli/open-session.js';
import { newRunId } from '../../src/cli/run-id.js';
import { planSchema } from '../../src/plan/documents/plan-document.js';
import { applyRun, planRun } from '../../src/stories/reconcile.js';
import type { Session } from '../../src/survey/session.js';
import { apiOf } from './api.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
let manifest: string;
beforeAll(async () => {
  world = await startWorld(1);
  await world.converge();
  manifest = join(world.site.host('cp-1').root, '/etc/kubernetes/manifests/kube-apiserver.yaml');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

const flag = (value: string) => (spec: Spec) => {
  spec.scheduler = { extraArgs: [{ name: 'v', value }] };
};
const label = (value: string) => (spec: Spec) => {
  spec.hosts[0].labels = { 'example.com/n': value };
};

/** A second operator in this very process, who can be held between planning and the lock. */
async function operator(): Promise<Session> {
  vi.stubEnv('HOME', world.directory);
  const options = {
    file: world.file,
    output: 'text',
    color: false,
    verbose: false,
    acceptNewHostKeys: false,
  };
  const inventory = await openInventory(options as Parameters<typeof openInventory>[0], () => undefined);
  const never = new AbortController().signal;
  const interrupts = { stop: never, abort: never, dispose: () => undefined };
  return openSession(
    inventory,
    options as Parameters<typeof openInventory>[0],
    'up',
    newRunId(new Date()),
    () => undefined,
    interrupts,
    undefined,
  );
}

/** What a run that must not happen would change. */
const all = () => fingerprint(world.site);

it('a plan made before another run changed the host is not applied after it', async () => {
  const back = await world.edit(flag('3'));
  const stale = await operator();
  const planned = await planRun(stale);
  try {
    await back();
    await world.edit(flag('4'));
    expectEnd(await world.up(), 0);
    const before = await all();
    await expect(applyRun(stale, planned)).rejects.toMatchObject({
      kind: 'refused',
      said: expect.stringContaining('the plan is out of date'),
      next: expect.stringContaining('Nothing was changed'),
    });
    expect(await all()).toEqual(before);
  } finally {
    await planned.site.close();
  }
  await world.converge();
});

it('a run that had nothing to do in between bars nobody', async () => {
  const back = await world.edit(flag('5'));
  const first = await operator();
  const planned = await planRun(first);
  try {
    expect(planned.plan.steps.length).toBeGreaterThan(0);
    await back();
    expectEnd(await world.up(), 0, 'Nothing to do');
    await world.edit(flag('5'));
    expect(await applyRun(first, planned)).toEqual({ steps: planned.plan.steps, failed: [] });
  } finally {
    await planned.site.close();
  }
  await world.converge();
});

it('without an API server nothing is said of its objects, but that they could not be compared', async () => {
  const whole = await readFile(manifest);
  await rm(manifest);
  await vi.waitFor(
    async () => expectEnd(await world.podstrap(['status']), 1, 'could not be compared'),
    60_000,
  );
  const file = join(world.directory, 'plan.json');
  const seen = await world.podstrap(['plan', '--out', file, '--detailed-exitcode']);
  expectEnd(
    seen,
    2,
    'add static pod kube-apiserver',
    /warning: the objects of the API could not be compared: .+/,
  );
  expectEnd(seen, 2, /! \d+ objects of the API could not be compared: no API server answered/);
  expect(seen.stdout).not.toContain('create ');
  const { steps, uncompared } = planSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  expect(uncompared).toContain('Node cp-1');
  expect(steps.filter(({ phase }) => phase === 'cluster')).toEqual([]);
  const status = JSON.parse((await world.podstrap(['status', '-o', 'json'])).stdout) as object;
  expect(status).toMatchObject({ clusterDrift: [], uncompared });
  expectEnd(await world.podstrap(['plan', '--phase', 'cluster', '--detailed-exitcode']), 75);
  expectEnd(await world.podstrap(['plan', '--phase', 'images', '--detailed-exitcode']), 0, 'in this part');
  expectEnd(await world.podstrap(['up', '--plan', file]), 0);
  expect(await readFile(manifest)).toEqual(whole);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0, 'Nothing to do');
});

it('what could not be compared is compared and applied as soon as an API server answers', async () => {
  await world.edit(label('7'));
  await rm(manifest);
  await vi.waitFor(
    async () => expectEnd(await world.podstrap(['status']), 1, 'could not be compared'),
    60_000,
  );
  const plan = await world.podstrap(['plan']);
  expect(plan.stdout).not.toContain('Node cp-1');
  expectEnd(await world.up(), 0, 'Done: 2 changes');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0, 'Nothing to do');
});

it('what left the inventory while the API could not be asked is found and removed by the next run, and nothing else', async () => {
  const map = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { a: '1' },
  });
  const theirs = '/api/v1/namespaces/default/configmaps/theirs';
  const ours = ['gone', 'stays'].map((name) => `/api/v1/namespaces/default/configmaps/${name}`);
  const coreDns = '/apis/apps/v1/namespaces/kube-system/deployments/coredns';
  const write = (...names: string[]) =>
    writeFile(join(world.directory, 'maps.yaml'), names.map((name) => dump(map(name))).join('---\n'));
  let api = await apiOf(world, 'cp-1');
  expect((await api.call('POST', '/api/v1/namespaces/default/configmaps', map('theirs'))).status).toBe(201);
  await write('gone', 'stays', 'theirs');
  const back = await world.edit((spec: Spec) => {
    spec.addons = [{ name: 'maps', path: 'maps.yaml' }];
  });
  await world.converge();
  api.close();
  await write('stays');
  await world.edit((spec: Spec) => {
    spec.dns = { disabled: true };
  });
  await rm(manifest);
  await vi.waitFor(
    async () => expectEnd(await world.podstrap(['status']), 1, 'could not be compared'),
    60_000,
  );
  expectEnd(await world.up(), 0);
  const plan = await world.podstrap(['plan', '--detailed-exitcode']);
  expectEnd(plan, 2, 'remove ConfigMap default/gone', 'remove Deployment kube-system/coredns');
  expect(plan.stdout).not.toContain('remove ConfigMap default/theirs');
  await world.converge();
  api = await apiOf(world, 'cp-1');
  const statuses = await Promise.all(
    [...ours, coreDns, theirs].map(async (path) => (await api.call('GET', path)).status),
  );
  expect(statuses).toEqual([404, 200, 404, 200]);
  // The last of the addons, in the same way: their record is not forgotten before they are.
  await back();
  await rm(manifest);
  await vi.waitFor(
    async () => expectEnd(await world.podstrap(['status']), 1, 'could not be compared'),
    60_000,
  );
  expectEnd(await world.up(), 0);
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    'remove ConfigMap default/stays',
    'remove ConfigMap kube-system/podstrap-addons',
  );
  await world.converge();
  expect((await api.call('GET', ours[1]!)).status).toBe(404);
  api.close();
});

it('a file that says what the API has is refused when the API can no longer be asked', async () => {
  await world.edit(label('8'));
  const file = join(world.directory, 'plan.json');
  expectEnd(await world.podstrap(['plan', '--out', file]), 0, 'update Node cp-1');
  const aside = join(world.directory, 'aside.yaml');
  await rename(manifest, aside);
  await vi.waitFor(
    async () => expectEnd(await world.podstrap(['status']), 1, 'could not be compared'),
    60_000,
  );
  const before = await all();
  expectEnd(
    await world.podstrap(['up', '--plan', file]),
    1,
    'no API server can tell any longer whether to update Node',
  );
  expect(await all()).toEqual(before);
  await rename(aside, manifest);
  await world.converge();
});

it('a manifest that is none any more is drift, whatever is in it', async () => {
  for (const text of ['', 'kind: [Pod', '- a\n']) {
    await writeFile(manifest, text);
    expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, 'switch static pod kube-apiserver');
  }
  await world.converge();
});
