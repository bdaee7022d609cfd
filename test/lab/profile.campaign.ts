import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CisReport } from '../../src/check/cis/check-cis.js';
import { paths } from '../../src/host/paths.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { askKubeBench, kubeBench } from './kube-bench.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { startWriter, type Writer } from './writer.js';

const planes = namedHosts('prof', 3, 81);
const worker: LabHost = namedHosts('work', 1, 91)[0]!;
const [first] = planes as [LabHost];

describe('the profile of a live cluster', () => {
  let lab: Lab;
  let operator: Operator;
  let writer: Writer;
  beforeAll(async () => {
    lab = await startLab({ hosts: [...planes, worker] });
    operator = await newOperator(lab, inject('artifacts'));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  /** A changed profile, and until now no request of the client has failed. */
  const becomes = async (profile: string) => {
    await operator.write({
      hosts: [...planes, { ...worker, roles: ['worker'] }],
      spec: { profile, timeouts: { watchAfterChange: '2s', controlPlaneComponentHealthCheck: '8m' } },
    });
    const start = performance.now();
    await must(operator.up());
    await nothingToDo(operator);
    const seen = writer?.seen();
    console.log(`${profile}: ${((performance.now() - start) / 1000).toFixed(1)} s`, seen);
    expect(seen?.failed ?? []).toEqual([]);
  };
  const byBenchmark = async (): Promise<CisReport> =>
    JSON.parse((await operator.podstrap(['check', '--cis', '-o', 'json'])).stdout);
  /** Whom the data of each control plane belongs to, and whom its etcd runs as. */
  const owners = () =>
    Promise.all(
      planes.map(({ name }) =>
        lab.read(
          name,
          "stat -c %U:%G /var/lib/etcd /var/lib/etcd/member/snap/db; ps -o user= -C etcd | tr -d ' '",
        ),
      ),
    );
  const everywhere = (text: string) => planes.map(() => text);

  it('is the default one at first', async () => {
    await becomes('default');
    expect(await owners()).toEqual(everywhere('root:root\nroot:root\nroot\n'));
    writer = await startWriter(
      operator,
      planes.map(({ ip }) => ip),
    );
  });

  it('becomes cis while a client writes: nothing of the benchmark fails, and etcd has a user', async () => {
    await becomes('cis');
    expect(await owners()).toEqual(everywhere('etcd:etcd\netcd:etcd\netcd\n'));
    const { results, unasked } = await byBenchmark();
    expect(unasked).toEqual([]);
    expect(results.filter(({ result }) => result === 'fail')).toEqual([]);
  });

  it.runIf(kubeBench !== undefined)('by kube-bench as well, on a control plane and on a worker', async () => {
    const { results } = await byBenchmark();
    const ours = (host: LabHost) =>
      Object.fromEntries(
        results.filter(({ node }) => node === host.name).map(({ id, result }) => [id, result.toUpperCase()]),
      );
    expect(ours(first)).toEqual(await askKubeBench(lab, first, 'control-plane'));
    expect(ours(worker)).toEqual(await askKubeBench(lab, worker, 'worker'));
  });

  it('becomes the default one again: etcd is root, and nobody else has its keys', async () => {
    await becomes('default');
    expect(await owners()).toEqual(everywhere('root:root\nroot:root\nroot\n'));
    for (const { name } of planes)
      expect((await lab.exec(name, `ls ${paths.etcdPairs}/*.key`)).code, name).not.toBe(0);
  });

  it('has lost nothing that was acknowledged', async () => {
    const { lost, failed, ...seen } = await writer.stop();
    console.log('in all', seen);
    expect({ lost, failed }).toEqual({ lost: [], failed: [] });
  });

  it('and after a reset no host has the user', async () => {
    await must(operator.podstrap(['reset', '--all', '--yes']));
    for (const { name } of planes)
      expect((await lab.exec(name, 'getent passwd etcd || getent group etcd')).code, name).not.toBe(0);
  });
});
