const probePeriodMs = 10_000;
const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * How many startup probes may fail before the kubelet restarts a component: as many as `timeout` (such as 4m or 1m30s)
 * has room for.
 */
export function startupFailures(timeout: string): number {
  const parts = [...timeout.matchAll(/([\d.]+)(ms|[hms])/g)];
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit!]!, 0);
  return Math.ceil(ms / probePeriodMs);
}
