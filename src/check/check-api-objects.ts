import type { ApiObject } from '../kubernetes/api-object.js';
import { persist } from '../verify/persist.js';
import { missing, well } from '../verify/poll.js';
import { checkBudget, checkLease } from './check-objects.js';
import { type CheckResult, failed } from './check-report.js';
import { awaitController, type Checking, firstKube, persistence } from './checking.js';
import { runCheck } from './run-check.js';

type Lease = ApiObject & { readonly spec?: { readonly renewTime?: string } };
type Budget = ApiObject & { readonly status?: { readonly observedGeneration?: number } };

/** A lease can be taken and renewed. */
export function checkApiLease(checking: Checking): Promise<CheckResult> {
  const { namespace, now } = checking;
  const kube = firstKube(checking);
  const patiently = <T>(work: () => Promise<T>) => persist(work, persistence(checking));
  return runCheck('lease', undefined, async () => {
    await patiently(() => kube.create(checkLease(namespace, now())));
    const renewed = checkLease(namespace, new Date(now().getTime() + 1_000)) as Lease;
    await patiently(() => kube.patch(renewed, { spec: renewed.spec }));
    const read = (await patiently(() => kube.get(renewed))) as Lease | undefined;
    return read?.spec?.renewTime === renewed.spec?.renewTime
      ? undefined
      : failed(
          `it was renewed for ${renewed.spec?.renewTime}, and says ${read?.spec?.renewTime ?? 'nothing'}`,
          'Look at `podstrap status`: etcd may not be healthy.',
        );
  });
}

/** A PodDisruptionBudget can be made, and its controller takes it up. */
export function checkApiBudget(checking: Checking): Promise<CheckResult> {
  const kube = firstKube(checking);
  return runCheck('disruption-budget', undefined, async () => {
    const budget = checkBudget(checking.namespace);
    await persist(() => kube.create(budget), persistence(checking));
    const said = await awaitController(checking, async () =>
      ((await kube.get(budget)) as Budget | undefined)?.status?.observedGeneration === undefined
        ? missing('kube-controller-manager has not acted on it')
        : well,
    );
    return said === undefined
      ? undefined
      : failed(said, 'See what `podstrap status` says of kube-controller-manager.');
  });
}
