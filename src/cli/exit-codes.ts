import { Failure, type FailureKind, Failures } from '../failure.js';

export const exitCodes = {
  success: 0,
  failure: 1,
  changesPending: 2,
  usage: 64,
  tryAgain: 75,
  interrupted: 130,
  /** As when a shell's command ends by SIGPIPE: nobody read what it printed. */
  unread: 141,
} as const;

const byKind: Partial<Record<FailureKind, number>> = {
  usage: exitCodes.usage,
  inventory: exitCodes.usage,
  unreachable: exitCodes.tryAgain,
  unsound: exitCodes.tryAgain,
  locked: exitCodes.tryAgain,
  interrupted: exitCodes.interrupted,
};

/** The exit code of what was thrown; of several failures, the one that waiting cannot mend wins. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Failures) {
    const codes = error.failures.map(exitCodeOf);
    return codes.find((code) => code !== exitCodes.tryAgain) ?? exitCodes.tryAgain;
  }
  return error instanceof Failure ? (byKind[error.kind] ?? exitCodes.failure) : exitCodes.failure;
}
