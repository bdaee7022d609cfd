import { setTimeout as pause } from 'node:timers/promises';
import type { Lab, LabHost } from './hosts.js';
import type { Operator } from './operator.js';

/** Names of the hosts that have an address, as their kernels tell. */
export async function holdersOf(lab: Lab, hosts: readonly LabHost[], address: string): Promise<string[]> {
  const found = await Promise.all(
    hosts.map(async ({ name }) => ((await addresses(lab, name)).includes(` ${address}/`) ? [name] : [])),
  );
  return found.flat();
}

const addresses = async (lab: Lab, host: string): Promise<string> =>
  (await lab.exec(host, 'ip -o addr show')).stdout;

/** What a client at one address went through. */
export interface Stay {
  readonly answered: number;
  readonly failed: number;
  /** Seconds between two answers, at the most. */
  readonly longestGap: number;
}

/** Asks the API server at an address all the while until it is told to stop; a request that fails is made again. */
export function stayAt(operator: Operator, address: string): { stop(): Promise<Stay> } {
  let [answered, failed, longestGap, stopped] = [0, 0, 0, false];
  let last = performance.now();
  const asking = (async () => {
    while (!stopped) {
      const began = performance.now();
      try {
        await operator.kubectl(address, 'get', 'namespaces', '--request-timeout', '2s');
        answered++;
        const now = performance.now();
        longestGap = Math.max(longestGap, (now - last) / 1000);
        last = now;
      } catch {
        failed++;
      }
      await pause(Math.max(0, 500 - (performance.now() - began)));
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await asking;
      return { answered, failed, longestGap };
    },
  };
}
