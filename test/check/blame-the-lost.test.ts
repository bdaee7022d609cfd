import { expect, test } from 'vitest';
import { blamingTheLost } from '../../src/check/blame-the-lost.js';
import type { CheckName, CheckResult } from '../../src/check/check-report.js';

const failed = (check: CheckName, node: string): CheckResult => ({
  check,
  node,
  result: 'failed',
  seconds: 1,
  said: 'i/o timeout',
  next: 'Look at CoreDNS.',
});
const dns = failed('dns', 'cp-2');

test.each<readonly [CheckName]>([['host'], ['api-server'], ['node'], ['pod']])(
  'names that fail while the %s of another node fails are blamed on that node',
  (check) => {
    const [lost, judged] = blamingTheLost([failed(check, 'cp-1'), dns]);
    expect(lost).toEqual(failed(check, 'cp-1'));
    expect(judged).toMatchObject({ result: 'failed', said: 'i/o timeout' });
    expect(judged!.next).toMatch(/^See to cp-1 first: .*podstrap check --wait 2m/);
  },
);

test.each<readonly [string, readonly CheckResult[]]>([
  ['nothing else fails', [dns]],
  ['the node itself is lost', [failed('host', 'cp-2'), dns]],
  ['its pod does not reach another one', [failed('pod', 'cp-1'), failed('pod-to-pod', 'cp-2'), dns]],
  ['only a clock is off', [failed('clock', 'cp-1'), dns]],
])('they are not where %s', (_what, results) => {
  expect(blamingTheLost(results)).toEqual(results);
});
