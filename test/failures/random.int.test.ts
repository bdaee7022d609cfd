import { appendFileSync, chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { type PlanDocument, planSchema } from '../../src/plan/documents/plan-document.js';
import { describeStep } from '../../src/plan/step.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

/** More of it: `FAILURES_CASES=20 FAILURES_SEED=7 npm run scenarios -- test/failures/random`. */
const seed = Number(process.env['FAILURES_SEED'] ?? 20_262);
const cases = Number(process.env['FAILURES_CASES'] ?? 1);

/** Inventories of a cluster that does not exist yet. */
const inventories = fc.record({
  serviceSubnet: fc.constantFrom('10.96.0.0/12', '172.20.0.0/16'),
  dnsDomain: fc.constantFrom('cluster.local', 'prod.example'),
  clusterName: fc.constantFrom('kubernetes', 'other'),
  bindPort: fc.constantFrom(6443, 7443),
});

/** Edits of an inventory whose cluster lives. */
const edits: Readonly<Record<string, (spec: Spec, n: number) => void>> = {
  'a flag of kube-apiserver': (spec, n) => {
    spec.apiServer = { ...spec.apiServer, extraArgs: [{ name: 'event-ttl', value: `${n}h0m0s` }] };
  },
  'a flag of kube-scheduler': (spec, n) => {
    spec.scheduler = { extraArgs: [{ name: 'v', value: String(n) }] };
  },
  'a variable of kube-controller-manager': (spec, n) => {
    spec.controllerManager = { extraEnvs: [{ name: 'GOGC', value: String(50 + n) }] };
  },
  'a name in the API server’s certificate': (spec, n) => {
    spec.apiServer = { ...spec.apiServer, certSANs: [`api-${n}.example`] };
  },
  'the kubelet’s configuration': (spec, n) => {
    spec.kubelet = { config: { maxPods: 100 + n } };
  },
  'containerd’s configuration': (spec, n) => {
    spec.containerd = { config: { debug: { level: n % 2 === 0 ? 'warn' : 'info' } } };
  },
  'labels of nodes': (spec, n) => {
    for (const host of spec.hosts) host.labels = { 'example.com/n': String(n) };
  },
};

const files = [
  ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(
    (name) => `${paths.manifests}/${name}.yaml`,
  ),
  paths.kubeletConfig,
  paths.kubeletUnit,
  '/etc/containerd/config.toml',
  '/etc/kubernetes/scheduler.conf',
  `${paths.pki}/apiserver.key`,
  `${paths.pki}/etcd/peer.crt`,
  '/usr/local/bin/kubectl',
];
/** What somebody does to a file of a host. */
const drifts: Readonly<Record<string, (path: string) => void>> = {
  edited: (path) => appendFileSync(path, '# by hand\n'),
  emptied: (path) => writeFileSync(path, ''),
  removed: (path) => rmSync(path, { force: true }),
  'of another mode': (path) => existsSync(path) && chmodSync(path, 0o777),
};

const rounds = fc.record({
  edits: fc.uniqueArray(fc.constantFrom(...Object.keys(edits)), { minLength: 1, maxLength: 3 }),
  drifts: fc.array(fc.tuple(fc.constantFrom(...Object.keys(drifts)), fc.constantFrom(...files)), {
    maxLength: 3,
  }),
  /** Lines of the run after which it is killed. */
  killedAfter: fc.option(fc.integer({ min: 3, max: 40 }), { freq: 1 }),
});
const stories = fc.record({
  inventory: inventories,
  rounds: fc.array(rounds, { minLength: 2, maxLength: 2 }),
});

/** What a plan says beside who made it when. */
const said = ({ made: _made, seal: _seal, ...rest }: PlanDocument) => rest;
const planOf = async (world: World): Promise<PlanDocument> => {
  const ended = await world.podstrap(['plan', '-o', 'json']);
  expectEnd(ended, 0);
  return planSchema.parse(JSON.parse(ended.stdout));
};

/** podstrap's own memory, and what components keep for themselves. */
const own =
  /^[^:]+:(\/var\/lib\/(podstrap|etcd|kubelet\/(?!config)|containerd)|\/etc\/kubernetes\/\.podstrap|\/etc\/systemd\/system\/[^/]+\.wants)/;

/** A kubelet may register its Node before podstrap creates it: the same object then is updated. */
const named = (host: string, step: string): string =>
  `${host}: ${host === '' ? step.replace(/^(create|update) /, 'apply ') : step}`;

/** Applies a plan; whatever it did was said before, on hosts and in the API. */
async function applyAsSaid(world: World): Promise<void> {
  const plan = await planOf(world);
  expect(said(await planOf(world))).toEqual(said(plan));
  const before = await fingerprint(world.site);
  const ended = await world.podstrap(['up', '--yes', '-o', 'json']);
  expectEnd(ended, 0);
  const after = await fingerprint(world.site);
  const steps = new Set(plan.steps.map((step) => named(step.host, describeStep(step))));
  const taken = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; host?: string; step?: string })
    .flatMap(({ event, host, step }) => (event === 'step' ? [named(host!, step!)] : []));
  // Where no API server could be asked, the plan says which objects it does not know about.
  const unknown = (step: string) => plan.uncompared?.some((object) => step === named('', `update ${object}`));
  expect(taken.filter((step) => !steps.has(step) && !unknown(step))).toEqual([]);
  const inPlan = new Set(
    plan.steps.flatMap(({ host, action }) => ('path' in action ? [`${host}:${action.path}`] : [])),
  );
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (path) => before[path] !== after[path] && !own.test(path),
  );
  // A directory may come with the first file in it.
  const unsaid = changed.filter(
    (path) => !inPlan.has(path) && ![...inPlan].some((one) => one.startsWith(`${path}/`)),
  );
  expect(unsaid).toEqual([]);
  expect((await planOf(world)).steps).toEqual([]);
}

/** Runs `up` and kills it when it has printed so many lines; it may be done before. */
async function killedUp(world: World, lines: number): Promise<void> {
  let printed = '';
  let kill: (() => void) | undefined;
  await world.podstrap(['up', '--yes', '--verbose'], {
    onStart: (child) => {
      kill = () => child.kill('SIGKILL');
    },
    onOutput: (text) => {
      printed += text;
      if (printed.split('\n').length > lines) kill?.();
    },
  });
}

it.for(fc.sample(stories, { seed, numRuns: cases }).map((story, index) => ({ story, index })))(
  `story %$ of seed ${seed}: after up, plan is empty; plans are alike; nothing is done that was not said`,
  { timeout: 1_800_000 },
  async ({ story: { inventory, rounds: all } }) => {
    const { bindPort, clusterName, ...networking } = inventory;
    const spec = { networking, clusterName, apiServer: { bindPort } };
    const world = await startWorld(1, 0, { spec });
    try {
      await applyAsSaid(world);
      for (const [round, { edits: edited, drifts: drifted, killedAfter }] of all.entries()) {
        await world.edit((now) => {
          for (const name of edited) edits[name]!(now, round + 1);
        });
        for (const [what, path] of drifted) drifts[what]!(join(world.site.host('cp-1').root, path));
        if (killedAfter !== null) await killedUp(world, killedAfter);
        await applyAsSaid(world);
      }
    } finally {
      await world.close();
    }
  },
);
