import type { Site } from '../survey/open-site.js';
import type { CheckName, CheckResult } from './check-report.js';

/** Which hosts were reached over SSH. */
export const checkHosts = ({
  transports,
  unreachable,
}: Pick<Site, 'transports' | 'unreachable'>): CheckResult[] => [
  ...[...transports.keys()].map((node) => ({ check: 'host', node, result: 'ok', seconds: 0 }) as const),
  ...[...unreachable].map(
    ([node, { message, next }]) =>
      ({
        check: 'host',
        node,
        result: 'failed',
        seconds: 0,
        said: message,
        next: next ?? 'See whether it has power, and whether its SSH server is running.',
      }) as const,
  ),
];

/** A check of a host that was not reached. */
export const unreached = (check: CheckName, node: string): CheckResult => ({
  check,
  node,
  result: 'skipped',
  seconds: 0,
  said: 'the host was not reached',
});
