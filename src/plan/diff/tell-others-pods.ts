import type { Step } from '../step.js';

/**
 * Says at the restart of a kubelet that starts every static pod anew which pods of others that means: podstrap does not park
 * them, so the new kubelet ends them and starts them again by itself. Pure.
 * @param manifests paths of the manifests that are not podstrap's
 */
export const tellOthersPods = (steps: readonly Step[], manifests: readonly string[]): readonly Step[] =>
  manifests.length === 0
    ? steps
    : steps.map((step) =>
        step.action.do === 'restart-unit' && step.action.name === 'kubelet.service'
          ? { ...step, reason: `${step.reason}; ${startAnew} ${manifests.join(', ')}` }
          : step,
      );

const startAnew = 'static pods that are not podstrap’s restart with it, and are not parked:';
