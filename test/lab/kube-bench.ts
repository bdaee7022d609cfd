import { output } from './command.js';
import type { Lab, LabHost } from './hosts.js';

/** A folder with the program kube-bench and its cfg/, where there is one to ask as well. */
export const kubeBench = process.env['LAB_KUBE_BENCH'];

/** What of the benchmark concerns a host of this kind. */
const targets = { 'control-plane': 'master,etcd,controlplane,node', worker: 'node' } as const;

/**
 * What the real kube-bench says on a host, by the number of the check; section 5 is about workloads, and not asked for.
 * @throws Error where there is none
 */
export async function askKubeBench(
  lab: Lab,
  { name }: LabHost,
  kind: keyof typeof targets,
): Promise<Readonly<Record<string, string>>> {
  if (kubeBench === undefined) throw new Error('LAB_KUBE_BENCH names no folder');
  await output('cp', ['-r', kubeBench, lab.path(name, '/root/kube-bench')]);
  const said = await lab.read(
    name,
    `mkdir -p /root/empty && cd /root/empty && /root/kube-bench/kube-bench --config-dir /root/kube-bench/cfg --config /root/kube-bench/cfg/config.yaml run --targets ${targets[kind]} --benchmark cis-1.12 --json`,
  );
  const { Controls } = JSON.parse(said) as {
    Controls: { tests: { results: { test_number: string; status: string }[] }[] }[];
  };
  const all = Controls.flatMap(({ tests }) =>
    tests.flatMap(({ results }) => results.map(({ test_number, status }) => [test_number, status] as const)),
  );
  return Object.fromEntries(all.filter(([id]) => !id.startsWith('5.')));
}
