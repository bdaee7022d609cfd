import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectClean, type GrowingCluster, growingCluster } from './growing-cluster.js';
import type { LabHost } from './hosts.js';
import { namedHosts } from './named-hosts.js';

const hosts = namedHosts('grow', 3, 101);
const [first, second, third] = hosts as [LabHost, LabHost, LabHost];

describe('a client writes all the while', () => {
  let cluster: GrowingCluster;
  beforeAll(async () => {
    cluster = await growingCluster(hosts, inject('artifacts'));
  });
  afterAll(() => cluster?.leave());

  it('one control plane gets two more', async () => {
    await cluster.become(first, second, third);
  });

  it('two of three leave, the first among them, and the one that is left has all that was acknowledged', async () => {
    await cluster.become(third);
    for (const { name } of [first, second]) await expectClean(cluster.lab, name);
    const { acknowledged, failed, lost, ...rest } = await cluster.writer.stop([third.ip]);
    console.log({ acknowledged, retries: rest.retries, slowest: rest.slowest });
    expect(acknowledged).toBeGreaterThan(0);
    expect({ failed, lost }).toEqual({ failed: [], lost: [] });
  });
});
