import type { Kube } from '../cluster/kube.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { isGone, processIn } from '../operator/process-identity.js';
import { persist } from '../verify/persist.js';
import { checkLabel, name, namespaceNamed, processAnnotation } from './check-objects.js';
import { type Finding, failed } from './check-report.js';

type Namespace = ApiObject & {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
};

/** Milliseconds after which a check of another machine is taken for dead: none takes nearly as long. */
const longest = 15 * 60_000;
/** Milliseconds that a namespace may need to go: controllers whose leader has just lost its power elect another in 20 s. */
const leaving = 60_000;

/**
 * Has the namespaces removed that checks have left behind which were killed. Does not wait for it.
 * @returns one that was removed long ago and is still there
 */
export async function removeLeftovers(kube: Kube, now: Date): Promise<ApiObject | undefined> {
  const ours = ((await kube.list('Namespace')) as readonly Namespace[]).filter(isOfCheck);
  for (const { metadata } of ours.filter((one) => isLeft(one, now)))
    await kube.remove(namespaceNamed(metadata.name));
  return ours.find(({ metadata }) => now.getTime() - Date.parse(metadata.deletionTimestamp ?? '') > leaving);
}

/** What is wrong when a namespace that was removed long before this check has outlived it. */
export async function judgeLeftover(kube: Kube, leftover: ApiObject | undefined): Promise<Finding> {
  if (leftover === undefined || (await kube.get(leftover)) === undefined) return undefined;
  const { name } = leftover.metadata;
  return failed(
    `the namespace ${name} of an earlier check is still there`,
    `See what holds it: \`podstrap kubectl get namespace ${name} -o yaml\`.`,
  );
}

const isOfCheck = ({ metadata }: Namespace): boolean => metadata.labels?.[checkLabel] !== undefined;

function isLeft({ metadata }: Namespace, now: Date): boolean {
  const age = now.getTime() - Date.parse(metadata.creationTimestamp ?? '');
  const maker = processIn(metadata.annotations?.[processAnnotation]);
  return age > longest || (maker !== undefined && isGone(maker));
}

/**
 * Removes the check's namespace and its pods, which are ended at once: nothing in them has anything to finish, and a node
 * that is dead would let none go by itself. What is left then is an empty name, to which the controller of namespaces comes
 * five seconds later; whether it does is seen by the next check.
 */
export async function removeNamespace(kube: Kube, namespace: string, signal: AbortSignal): Promise<void> {
  await persist(
    async () => {
      await kube.remove({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name, namespace } });
      await kube.remove(namespaceNamed(namespace));
      // A namespace that is going gets no new ones.
      const pods = await kube.list('Pod', { namespace });
      await Promise.all(pods.map((pod) => kube.remove(pod, 0)));
    },
    { timeoutMs: leaving, signal },
  );
}
