import { cpus } from 'node:os';

/** Starts now; the returned function gives the seconds since then. */
export function stopwatch(): () => number {
  const began = performance.now();
  return () => (performance.now() - began) / 1000;
}

/**
 * Starts now; the returned function gives the processor seconds that everything on this machine has used since then: on the
 * lab, where all hosts are on it, both podstrap's own and theirs.
 */
export function processorWatch(): () => number {
  const began = busySeconds();
  return () => busySeconds() - began;
}

const busySeconds = (): number =>
  cpus()
    .map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq)
    .reduce((one, other) => one + other, 0) / 1000;
