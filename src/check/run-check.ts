import { Failure } from '../failure.js';
import type { CheckName, CheckResult, Finding } from './check-report.js';

/** Makes one check and times it. What it throws is its failure; that it was stopped, or is a defect, goes on upwards. */
export async function runCheck(
  check: CheckName,
  node: string | undefined,
  work: () => Promise<Finding>,
): Promise<CheckResult> {
  const began = performance.now();
  const finding = await work().catch(foreseen);
  return {
    check,
    ...(node === undefined ? {} : { node }),
    result: finding?.result ?? 'ok',
    seconds: Math.round(performance.now() - began) / 1000,
    ...(finding === undefined ? {} : { said: finding.said }),
    ...(finding?.next === undefined ? {} : { next: finding.next }),
  };
}

function foreseen(error: unknown): Finding {
  if (!(error instanceof Failure) || error.kind === 'interrupted') throw error;
  const { message, next } = error;
  return { result: 'failed', said: message, ...(next === undefined ? {} : { next }) };
}
