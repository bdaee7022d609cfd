import type { StaticPodResource } from '../desired/resource.js';
import { mayHaveEnded } from '../desired/user-pods/may-have-ended.js';
import { word } from '../host/shell.js';
import { askSections } from '../observed/sections.js';
import type { Transport } from '../transport/transport.js';
import { type Look, missing, well } from './poll.js';

/** Asks the runtime whether the pods that run are of the wanted revisions: mirror pods can lie, sandboxes cannot. */
export async function lookAtSandboxes(
  transport: Transport,
  all: readonly StaticPodResource[],
): Promise<Look> {
  // Of what may have done its work, its gate tells.
  const pods = all.filter((pod) => !mayHaveEnded(pod));
  if (pods.length === 0) return well;
  const running = await runningRevisions(
    transport,
    pods.map(({ revision }) => revision),
  );
  if (typeof running === 'string') return missing(`containerd: ${running}`);
  const old = pods.filter(({ revision }) => !running.has(revision));
  return old.length === 0
    ? well
    : missing(`the pod that runs is not of the wanted revision: ${old.map(({ name }) => name).join(', ')}`);
}

/** Those of `revisions` of which a sandbox runs; what containerd said when it could not be asked. */
export async function runningRevisions(
  transport: Transport,
  revisions: readonly string[],
): Promise<ReadonlySet<string> | string> {
  const asks = [...new Set(revisions)].map(
    (revision) =>
      `t ${word(revision)}; ctr -n k8s.io containers ls -q ${word(`labels."podstrap.io/revision"==${revision},labels."io.cri-containerd.kind"==sandbox`)}`,
  );
  const script = `t tasks; ctr -n k8s.io tasks ls || exit 1\n${asks.join('\n')}\n`;
  const { code, all, stderr } = await askSections(
    transport,
    { script, timeoutMs: 30_000 },
    (title) => title === 'tasks' || revisions.includes(title),
  );
  if (code !== 0) return stderr.trim().split('\n').at(-1) || `exit code ${code}`;
  const running = new Set(
    (all.get('tasks') ?? []).filter((line) => /\sRUNNING\b/.test(line)).map((line) => line.split(/\s/)[0]!),
  );
  return new Set(revisions.filter((revision) => (all.get(revision) ?? []).some((id) => running.has(id))));
}
