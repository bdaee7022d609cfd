import type { StaticPodResource } from '../desired/resource.js';
import { sections } from '../observed/parse-probe.js';
import type { Transport } from '../transport/transport.js';
import { type Look, missing, well } from './poll.js';

/** Asks the runtime whether the pods that run are of the wanted revisions: mirror pods can lie, sandboxes cannot. */
export async function lookAtSandboxes(
  transport: Transport,
  pods: readonly StaticPodResource[],
): Promise<Look> {
  if (pods.length === 0) return well;
  const filter = (revision: string) =>
    `'labels."podstrap.io/revision"==${revision},labels."io.cri-containerd.kind"==sandbox'`;
  const asks = pods.map(
    ({ revision }) => `echo @${revision}; ctr -n k8s.io containers ls -q ${filter(revision)}`,
  );
  const { code, stdout, stderr } = await transport.exec({
    script: `echo @tasks; ctr -n k8s.io tasks ls || exit 1\n${asks.join('\n')}\n`,
    timeoutMs: 30_000,
  });
  if (code !== 0) return missing(`containerd: ${stderr.trim().split('\n').at(-1) ?? `exit code ${code}`}`);
  const all = sections(stdout);
  const running = new Set(
    (all.get('tasks') ?? []).filter((line) => /\sRUNNING\b/.test(line)).map((line) => line.split(/\s/)[0]!),
  );
  const old = pods.filter(({ revision }) => !(all.get(revision) ?? []).some((id) => running.has(id)));
  return old.length === 0
    ? well
    : missing(`the pod that runs is not of the wanted revision: ${old.map(({ name }) => name).join(', ')}`);
}
