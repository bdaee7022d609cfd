import { clockLimits } from '../preflight/clock-limits.js';
import type { Site } from '../survey/open-site.js';
import type { Transport } from '../transport/transport.js';
import { unreached } from './check-hosts.js';
import { type CheckResult, type Finding, failed } from './check-report.js';
import { runCheck } from './run-check.js';

/** Compares the clocks of the hosts with the operator's, and with one another. @param now the operator's, in milliseconds */
export async function checkClocks(
  { transports, unreachable }: Pick<Site, 'transports' | 'unreachable'>,
  now: () => number,
): Promise<readonly CheckResult[]> {
  const offsets = new Map<string, number>();
  const read = await Promise.all(
    [...transports].map(([host, transport]) =>
      runCheck('clock', host, async () => {
        offsets.set(host, await offsetOf(transport, now));
        return undefined;
      }),
    ),
  );
  const judged = read.map((result): CheckResult => {
    const finding = result.result === 'ok' ? judgeClock(result.node!, offsets) : undefined;
    return finding === undefined ? result : { ...result, ...finding };
  });
  return [...judged, ...[...unreachable.keys()].map((node) => unreached('clock', node))];
}

/** Milliseconds after which an answer is late: it may have been given at any moment in between. */
const late = 1_000;
/** Looks at a clock, at the most. */
const looks = 3;

/** The host's clock minus the operator's, in seconds, by the quickest answer. */
async function offsetOf(transport: Transport, now: () => number): Promise<number> {
  let best = { offset: 0, took: Number.POSITIVE_INFINITY };
  for (let look = 0; look < looks && best.took > late; look++) {
    const answer = await lookAtClock(transport, now);
    if (answer.took < best.took) best = answer;
  }
  return best.offset;
}

/** Hosts tell whole seconds only, on average half of one too little. */
async function lookAtClock(transport: Transport, now: () => number) {
  const before = now();
  const { stdout } = await transport.exec({ script: 'date +%s', timeoutMs: 10_000 });
  const after = now();
  return { offset: Number(stdout.trim()) + 0.5 - (before + after) / 2000, took: after - before };
}

/** @param offsets seconds by host */
export function judgeClock(host: string, offsets: ReadonlyMap<string, number>): Finding {
  const own = offsets.get(host)!;
  const next = 'Start a time service (systemd-timesyncd, chrony) on the host.';
  if (Math.abs(own) > clockLimits.error) return failed(`its clock is ${apart(own)} the operator’s`, next);
  const common = median([...offsets.values()]);
  return Math.abs(own - common) > clockLimits.warning
    ? failed(`its clock is ${apart(own - common)} that of most hosts`, next)
    : undefined;
}

const apart = (seconds: number): string =>
  `${Math.round(Math.abs(seconds))} s ${seconds > 0 ? 'ahead of' : 'behind'}`;

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]!;
