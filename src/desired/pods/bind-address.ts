import { type Flag, lastValue } from '../../kubernetes/flags.js';

/**
 * Where a component answers probes: its --bind-address. Every address ('' here) means the pod's own, which is the
 * host's.
 */
export function boundHost(extraArgs: readonly Flag[]): string {
  const address = lastValue(extraArgs, 'bind-address') ?? '127.0.0.1';
  return address === '0.0.0.0' || address === '::' ? '' : address;
}
