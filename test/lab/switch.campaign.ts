import { readdir, readFile, stat } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Lab, startLab } from './hosts.js';
import { components } from './manifests.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { readyTimes } from './ready-times.js';

const hosts = namedHosts('swap', 3, 71);
type Component = (typeof components)[number];

/** The part of `spec` that gives every component a flag with a value of its own. */
const flags = (levels: Readonly<Record<Component, number>>) => {
  const verbosity = (component: Component) => ({ extraArgs: [{ name: 'v', value: `${levels[component]}` }] });
  return {
    timeouts: { watchAfterChange: '1s' },
    etcd: { local: { extraArgs: [{ name: 'max-request-bytes', value: `${2_000_000 + levels.etcd}` }] } },
    apiServer: verbosity('kube-apiserver'),
    controllerManager: verbosity('kube-controller-manager'),
    scheduler: verbosity('kube-scheduler'),
  };
};

describe('how long a switch takes', () => {
  let lab: Lab;
  let operator: Operator;
  const levels = { etcd: 1, 'kube-apiserver': 1, 'kube-controller-manager': 1, 'kube-scheduler': 1 };
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    await operator.write({ spec: flags(levels) });
    await must(operator.up());
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });

  it.for<readonly Component[]>([
    ['kube-apiserver'],
    ['kube-controller-manager'],
    ['kube-scheduler'],
    ['etcd'],
    components,
  ])('of %s: told as a table', async (changed) => {
    for (const component of changed) levels[component] += 1;
    await operator.write({ spec: flags(levels) });
    const ready = readyTimes(hosts);
    await must(operator.up());
    const readyAt = await ready.stop();
    for (const { name, ip } of hosts) {
      const began = await switchedAt(operator, name);
      const started = await Promise.all(changed.map((component) => startOf(lab, name, component)));
      const words = changed.map(
        (component, index) => `${component} started ${since(began, started[index]!)}`,
      );
      const again = readyAt.get(ip)!.filter((time) => time > began)[0];
      if (again !== undefined) words.push(`API server ready ${since(began, again)}`);
      console.log(`${name}: ${words.join(', ')}`);
      for (const time of started) expect(time).toBeGreaterThan(began);
    }
    // The figures mean little without it: on a busy machine everything here takes longer.
    console.log(`load of this machine: ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} processors`);
    await nothingToDo(operator);
  });
});

const since = (began: number, then: number): string => `${((then - began) / 1000).toFixed(1)} s`;

/** When the last run began to send its switch to a host, by that run's journal. */
async function switchedAt(operator: Operator, host: string): Promise<number> {
  const runs = join(operator.directory, '.podstrap', 'lab', 'runs');
  const last = (await readdir(runs)).sort().at(-1)!;
  const events = (await readFile(join(runs, last), 'utf8')).trim().split('\n');
  const event = events
    .map((line) => JSON.parse(line) as { at: string; host?: string; doing?: string })
    .find((one) => one.host === host && one.doing?.startsWith('switching'));
  if (event === undefined) throw new Error(`${last} tells of no switch on ${host}`);
  return Date.parse(event.at);
}

/** When the container of a component that runs now was started: its log was made then. The log of a second try is 1.log. */
async function startOf(lab: Lab, host: string, component: Component): Promise<number> {
  const logs = lab.path(host, '/var/log/pods');
  const own = (await readdir(logs)).filter((name) => name.startsWith(`kube-system_${component}-`));
  const folders = own.map((name) => join(logs, name, component));
  const files = (
    await Promise.all(
      folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
    )
  ).flat();
  const born = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).birthtimeMs })));
  const [last, before] = born.sort((one, other) => other.at - one.at);
  const words = before && (await readFile(before.file, 'utf8')).split('\n').slice(-12).join('\n');
  expect(basename(last!.file), `${component} on ${host} was started again, after\n${words}`).toBe('0.log');
  return last!.at;
}
