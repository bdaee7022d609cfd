import type { ApiAnswer } from './answer-object.js';

/** Name of a check, and whether it passes. */
export type HealthCheck = readonly [name: string, isWell: boolean];

/** The body of /livez and its kin: `ok`, or one line per check when it is asked for or something fails. */
export function answerHealth(name: string, checks: readonly HealthCheck[], verbose: boolean): ApiAnswer {
  const failed = checks.some(([, isWell]) => !isWell);
  if (!failed && !verbose) return { status: 200, body: 'ok' };
  const lines = checks.map(([check, isWell]) =>
    isWell ? `[+]${check} ok` : `[-]${check} failed: reason withheld`,
  );
  return {
    status: failed ? 500 : 200,
    body: `${lines.join('\n')}\n${name} check ${failed ? 'failed' : 'passed'}\n`,
  };
}
