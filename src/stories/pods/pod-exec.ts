import { Failure } from '../../failure.js';
import { word } from '../../host/shell.js';
import type { Host } from '../../inventory/inventory.js';
import { isOwnPod } from '../../kubernetes/pod-names.js';
import type { Session } from '../../survey/session.js';
import { requirePodName } from './require-pod-name.js';

/** How a command within a container ended. */
export interface Executed {
  readonly host: string;
  readonly pod: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Exit code where no such container runs. */
const nothing = 243;

/**
 * Runs a command in a container of a static pod, through the container runtime: it needs no API.
 * @param container its name; default: the first that runs
 * @throws Failure `preflight` where no such container runs
 */
export async function podExec(
  session: Session,
  host: Host,
  pod: string,
  command: readonly string[],
  container?: string,
): Promise<Executed> {
  requirePodName(pod);
  if (container !== undefined) requirePodName(container);
  const way = (await session.connect([host])).get(host.name)!;
  if (way instanceof Error) throw way;
  try {
    const { code, stdout, stderr } = await way.exec({
      script: execScript(pod, host.name, command, container),
      signal: session.abort,
    });
    if (code === nothing)
      throw new Failure({
        kind: 'preflight',
        doing: `Looking for a container of the static pod ${pod}`,
        where: { host: host.name },
        said: container === undefined ? 'none runs there' : `no container ${container} of it runs there`,
        next: '`podstrap status` shows what runs where; `podstrap logs` what it has said.',
      });
    return { host: host.name, pod, code, stdout, stderr };
  } finally {
    await way.close();
  }
}

function execScript(
  pod: string,
  host: string,
  command: readonly string[],
  container: string | undefined,
): string {
  const named = container === undefined ? '' : `,labels."io.kubernetes.container.name"=="${container}"`;
  const of = `labels."io.kubernetes.pod.name"=="${pod}-${host}"${isOwnPod(pod) ? ',labels."io.kubernetes.pod.namespace"==kube-system' : ''}`;
  return `
i=$(ctr -n k8s.io tasks ls | while read -r i _ s; do [ "$s" = RUNNING ] && echo "$i"; done | grep -Fx "$(ctr -n k8s.io containers ls -q ${word(`${of},labels."io.cri-containerd.kind"==container${named}`)})" | head -n 1)
[ -n "$i" ] || exit ${nothing}
exec ctr -n k8s.io tasks exec --exec-id "podstrap-$$" "$i" ${command.map(word).join(' ')}
`;
}
