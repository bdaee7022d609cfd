import { execFileSync } from 'node:child_process';
import { describe, test } from 'vitest';
import programs from './programs.json' with { type: 'json' };

/** A program for which some test asks; `.ci/run` installs Debian's package of each. */
export type Program = keyof typeof programs;

/**
 * `test` and `describe` for tests that need these programs. Without one of them they are left out, and the end of the run
 * says so; in continuous integration they fail.
 */
export function needing(...needed: readonly Program[]) {
  const missing = needed.filter((program) => !isInstalled(program));
  const because = missing
    .map((program) => `${program} (${programs[program]}) is not on this machine`)
    .join(', ');
  return missing.length === 0 ? { test, describe } : insteadOf(because, process.env['CI'] === 'true');
}

/** The same for what no package of Debian's has, so that its absence is no mistake anywhere. */
export const leftOutUnless = (isThere: boolean, because: string) =>
  isThere ? { test, describe } : insteadOf(because, false);

function insteadOf(because: string, fails: boolean) {
  const leftOut = (name: string, _body: () => unknown): void =>
    test(name, ({ skip }) => {
      if (fails) throw new Error(because);
      skip(because);
    });
  return {
    test: leftOut,
    describe: (name: string, _tests: () => void): void =>
      void describe(name, () => leftOut('is left out', () => undefined)),
  };
}

function isInstalled(program: Program): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}
