import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { bracket } from '../../src/host/bracket.js';
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
  /** When that was. */
  readonly gapBegan: Date;
}

/** Milliseconds for a request: of a packet that got lost the kernel sends another one after a second. */
const patience = 1_500;

/** Asks the API server at an address all the while until it is told to stop, each time through a new connection; a request that fails is made again. */
export function stayAt(operator: Operator, address: string): { stop(): Promise<Stay> } {
  let [answered, failed, longestGap, stopped] = [0, 0, 0, false];
  let last = performance.now();
  let gapBegan = new Date();
  const noteGap = () => {
    const gap = (performance.now() - last) / 1000;
    if (gap <= longestGap) return;
    longestGap = gap;
    gapBegan = new Date(Date.now() - gap * 1000);
  };
  const asking = (async () => {
    const credentials = credentialsIn(await readFile(await operator.kubeconfig(), 'utf8'));
    last = performance.now();
    while (!stopped) {
      try {
        await askAt(address, credentials);
        answered++;
        noteGap();
        last = performance.now();
      } catch {
        failed++;
      }
      await pause(100);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await asking;
      noteGap();
      return { answered, failed, longestGap, gapBegan };
    },
  };
}

/** What a kubeconfig with everything in it says for TLS. */
function credentialsIn(kubeconfig: string) {
  const said = (name: string) =>
    Buffer.from(new RegExp(`${name}: "?([\\w+/=]+)`).exec(kubeconfig)![1]!, 'base64').toString();
  return {
    ca: said('certificate-authority-data'),
    cert: said('client-certificate-data'),
    key: said('client-key-data'),
  };
}

const askAt = (address: string, credentials: object) =>
  new Promise<void>((resolve, reject) => {
    const url = `https://${bracket(address)}:6443/api/v1/namespaces`;
    const request = get(
      url,
      { ...credentials, agent: false, signal: AbortSignal.timeout(patience) },
      (response) => {
        response.resume().on('error', reject);
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
        );
      },
    );
    request.on('error', reject);
  });
