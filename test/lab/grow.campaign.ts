import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectClean, type GrowingCluster, growingCluster } from './growing-cluster.js';
import type { LabHost } from './hosts.js';
import { namedHosts } from './named-hosts.js';

const hosts = namedHosts('tide', 5, 111);
const [first, second, third, fourth, fifth] = hosts as [LabHost, LabHost, LabHost, LabHost, LabHost];

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

  it('a worker comes and goes', async () => {
    await cluster.become(third, fourth, fifth, { ...first, roles: ['worker'] });
    await cluster.become(third, fourth, fifth);
    await expectClean(cluster.lab, first.name);
    tell('a worker');
  });

  it('three become one, which has all that was acknowledged', async () => {
    await cluster.become(fifth);
    for (const { name } of [third, fourth]) await expectClean(cluster.lab, name);
    const { acknowledged, failed, lost } = await cluster.writer.stop([fifth.ip]);
    expect(acknowledged).toBeGreaterThan(0);
    expect({ failed, lost }).toEqual({ failed: [], lost: [] });
  });
});
