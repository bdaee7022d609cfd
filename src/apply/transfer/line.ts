/** What is known of the way to one host. */
export interface Line {
  /** Whether to compress what goes there. Undefined until it was measured. */
  packs: boolean | undefined;
}

export const unmeasuredLine = (): Line => ({ packs: undefined });

/** Bytes that are sent as they are, to see how long they take. */
export const measuredBytes = 4 << 20;

/**
 * Bytes per second, what a line of 100 Mbit/s carries. On one that is much faster, compressing and unpacking cost more than
 * they save: one processor compresses 90 MB/s for all hosts together, and less where it has other work.
 */
const fast = 12 << 20;

/** @param seconds from the moment that the host began to read until it had all of it */
export const isSlow = (bytes: number, seconds: number): boolean => bytes < fast * seconds;
