import type { CheckName, CheckResult } from './check-report.js';

/** What Services lead to other nodes for. */
const led: readonly CheckName[] = ['service', 'dns', 'api-service'];
/** What fails on a node that has just been lost, though the API may still call it ready. */
const telling: readonly CheckName[] = ['host', 'api-server', 'node', 'pod'];

/**
 * Some requests to a Service go to a node that is gone until the cluster has noticed: those that fail elsewhere meanwhile
 * are true, and say where to look. Pure.
 */
export function blamingTheLost(results: readonly CheckResult[]): readonly CheckResult[] {
  const lost = new Set(
    results.flatMap(({ check, node, result }) =>
      node !== undefined && result === 'failed' && telling.includes(check) ? [node] : [],
    ),
  );
  const unreached = new Set(
    results.flatMap(({ check, node, result }) =>
      check === 'pod-to-pod' && result === 'failed' ? [node] : [],
    ),
  );
  if (lost.size === 0) return results;
  const next = `See to ${[...lost].join(', ')} first: until the cluster has noticed that a node is gone, which takes most of a minute, Services still send traffic there. \`podstrap check --wait 2m\` waits for that.`;
  return results.map((one) =>
    one.result === 'failed' && led.includes(one.check) && !lost.has(one.node!) && !unreached.has(one.node)
      ? { ...one, next }
      : one,
  );
}
