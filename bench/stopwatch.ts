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

function busySeconds(): number {
  const { idle, all } = processorTimes();
  return (all - idle) / 1000;
}

/** Milliseconds since the machine started, over all processors. */
export function processorTimes(): { readonly idle: number; readonly all: number } {
  const each = cpus().map(({ times }) => times);
  const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0);
  return {
    idle: sum(each.map(({ idle }) => idle)),
    all: sum(each.flatMap((one) => Object.values(one))),
  };
}
