import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import type { LabHost } from './hosts.js';

/** Milliseconds between two looks. */
const between = 50;

/** Looks at every API server's /readyz, as anybody may, and keeps the moments at which one became ready again. */
export function readyTimes(hosts: readonly LabHost[]) {
  const times = new Map(hosts.map(({ ip }) => [ip, [] as number[]]));
  let looking = true;
  const done = Promise.all(
    hosts.map(async ({ ip }) => {
      for (let was = true; looking; await pause(between)) {
        const is = await isReady(ip);
        if (is && !was) times.get(ip)!.push(Date.now());
        was = is;
      }
    }),
  );
  return {
    /** Milliseconds since the epoch, by address. */
    stop: async (): Promise<ReadonlyMap<string, readonly number[]>> => {
      looking = false;
      await done;
      return times;
    },
  };
}

/** Who has the right certificate is not asked here: the lab's hosts are alone on their bridge. */
const isReady = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const sent = request(
      { host, port: 6443, path: '/readyz', rejectUnauthorized: false, agent: false, timeout: 2_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('late')));
    sent.on('error', () => resolve(false));
    sent.end();
  });
