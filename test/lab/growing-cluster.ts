import { expect } from 'vitest';
import { nodesOf } from './api-objects.js';
import { etcdMembership } from './etcd.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import type { InventoryHost } from './inventory.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';
import { startWriter, type Writer } from './writer.js';

/** A cluster whose hosts come and go while a client writes to it. */
export interface GrowingCluster {
  readonly lab: Lab;
  readonly operator: Operator;
  readonly writer: Writer;
  /**
   * The inventory has these hosts: `up`, and then `plan` is empty, etcd and the API have them and no others, and no request
   * of the client has failed. @returns what `up` said
   */
  become(...hosts: readonly InventoryHost[]): Promise<string>;
  /** Only writes an inventory that has these hosts. */
  list(...hosts: readonly InventoryHost[]): Promise<void>;
  leave(): Promise<void>;
}

/** Boots hosts, brings the first one up as a cluster, and lets a client write to it. */
export async function growingCluster(
  hosts: readonly LabHost[],
  artifacts: Readonly<Record<string, unknown>>,
): Promise<GrowingCluster> {
  const lab = await startLab({ hosts });
  const operator = await newOperator(lab, artifacts);
  const list: GrowingCluster['list'] = (...wanted) =>
    operator.write({ hosts: wanted, spec: { timeouts: { watchAfterChange: '2s' } } });
  try {
    await list(hosts[0]!);
    await must(operator.up());
    const writer = await startWriter(
      operator,
      hosts.map(({ ip }) => ip),
    );
    return {
      lab,
      operator,
      writer,
      list,
      become: async (...wanted) => {
        await list(...wanted);
        const { stdout, stderr } = await must(operator.up());
        await until('there is nothing to do', () => nothingToDo(operator));
        const members = wanted.filter(({ roles }) => roles?.includes('control-plane') ?? true);
        expect(await nodesOf(operator, members[0]!.ip)).toEqual(wanted.map(({ name }) => name).sort());
        const voters = members.map(({ name }) => ({ name, learner: false }));
        for (const { name } of members)
          expect((await etcdMembership(lab, name)).members).toEqual(
            voters.sort((a, b) => a.name.localeCompare(b.name)),
          );
        expect(writer.seen().failed).toEqual([]);
        return stdout + stderr;
      },
      leave: async () => {
        await operator.leave();
        await lab.down();
      },
    };
  } catch (error) {
    await operator.leave();
    await lab.down();
    throw error;
  }
}

/** That nothing of Kubernetes runs on a host, and nothing of it is left. */
export async function expectClean(lab: Lab, host: string): Promise<void> {
  expect((await lab.exec(host, 'pgrep -x etcd || pgrep -x kubelet || pgrep -x kube-apiserver')).code).toBe(1);
  const left = 'ls -d /var/lib/etcd/member /var/lib/podstrap /etc/kubernetes/*.conf 2>/dev/null';
  expect((await lab.exec(host, left)).stdout).toBe('');
}
