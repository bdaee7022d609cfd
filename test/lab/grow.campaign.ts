import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { nodesOf } from './api-objects.js';
import { output } from './command.js';
import { expectClean, type GrowingCluster, growingCluster } from './growing-cluster.js';
import type { LabHost } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, nothingToDo } from './operator.js';
import { podsTalk } from './pods-talk.js';
import { until } from './until.js';

const hosts = namedHosts('tide', 5, 111);
const [first, second, third, fourth, fifth] = hosts as [LabHost, LabHost, LabHost, LabHost, LabHost];
const worker = { ...first, roles: ['worker'] };
/** Where that worker is after it was replaced. */
const moved = { ...worker, ip: first.ip.replace(/\d+$/, '119') };

describe('a client writes all the while', () => {
  let cluster: GrowingCluster;
  beforeAll(async () => {
    cluster = await growingCluster(hosts, inject('artifacts'));
  });
  afterAll(() => cluster?.leave());
  const tell = (what: string) => {
    const { acknowledged, retries, slowest } = cluster.writer.seen();
    console.log(what, { acknowledged, retries, slowest });
  };

  it('one control plane becomes three', async () => {
    await cluster.become(first, second, third);
    tell('three');
  });

  it('three become five', async () => {
    await cluster.become(...hosts);
    tell('five');
  });

  it('five become three: the first and the last leave', async () => {
    await cluster.become(second, third, fourth);
    for (const { name } of [first, fifth]) await expectClean(cluster.lab, name);
    tell('three again');
  });

  it('the first of them loses its power and its disk, and another host takes its place', async () => {
    await cluster.lab.powerCut(second.name);
    const said = await cluster.become(third, fourth, fifth);
    expect(said).toContain(`${second.name}: warning: it has left the cluster`);
    await cluster.lab.fresh(second.name);
    tell('a dead one replaced');
  });

  it('one is made anew under its name and address, and its host key has to be given up', async () => {
    await cluster.lab.powerCut(third.name);
    await cluster.lab.fresh(third.name);
    await cluster.list(third, fourth, fifth);
    const refused = await cluster.operator.up();
    expect(refused.code).toBe(1);
    const [command] = /(?<=`)ssh-keygen -R [^`]*/.exec(refused.stderr)!;
    await output('sh', ['-c', command], { directory: cluster.operator.directory });
    await cluster.become(third, fourth, fifth);
    tell('one made anew');
  });

  it('a worker comes and goes', async () => {
    await cluster.become(third, fourth, fifth, worker);
    await cluster.become(third, fourth, fifth);
    await expectClean(cluster.lab, first.name);
    tell('a worker');
  });

  it('a worker that left while it had no power is there again with it, and is nobody’s until it joins', async () => {
    await cluster.become(third, fourth, fifth, worker);
    await diesAndComesBack();
    await cluster.become(third, fourth, fifth, worker);
    await podsTalk(cluster.lab, cluster.operator, [third, worker]);
    tell('a dead worker joins again');
  });

  it('or until it is reset', async () => {
    await diesAndComesBack();
    await cluster.list(third, fourth, fifth, worker);
    await must(cluster.operator.podstrap(['reset', worker.name, '--yes']));
    await expectClean(cluster.lab, worker.name);
    await cluster.become(third, fourth, fifth);
    tell('a dead worker reset');
  });

  /** The worker leaves while it has no power, and its kubelet has its node again afterwards. */
  async function diesAndComesBack(): Promise<void> {
    const { lab, operator } = cluster;
    await lab.powerCut(worker.name);
    const said = await cluster.become(third, fourth, fifth);
    expect(said).toContain(`${worker.name}: warning: it has left the cluster, and nothing was deleted on it`);
    await lab.start(worker.name);
    await until('its node is there again', async () =>
      (await nodesOf(operator, third.ip)).includes(worker.name),
    );
    await nothingToDo(operator);
    expect(await nodesOf(operator, third.ip)).toContain(worker.name);
  }

  it('a worker has another address under the same name, and every route follows', async () => {
    await cluster.become(third, fourth, fifth, worker);
    await cluster.lab.replace(moved);
    await cluster.become(third, fourth, fifth, moved);
    for (const { name } of [third, fourth, fifth]) {
      const routes = await cluster.lab.read(name, 'ip -4 route show proto 144');
      expect(routes).toContain(` via ${moved.ip} `);
      expect(routes).not.toContain(` via ${worker.ip} `);
    }
    await podsTalk(cluster.lab, cluster.operator, [third, moved]);
    await cluster.become(third, fourth, fifth);
    tell('a worker at another address');
  });

  it('three become one, which has all that was acknowledged', async () => {
    await cluster.become(fifth);
    for (const { name } of [third, fourth]) await expectClean(cluster.lab, name);
    const { acknowledged, failed, lost } = await cluster.writer.stop([fifth.ip]);
    expect(acknowledged).toBeGreaterThan(0);
    expect({ failed, lost }).toEqual({ failed: [], lost: [] });
  });
});
