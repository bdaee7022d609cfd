import { type Artifact, blobsOf } from '../../desired/artifact.js';
import { hostNamed } from '../../inventory/inventory.js';
import type { Secret } from '../../secret.js';
import { makeSshKey } from '../../transport/ssh/make-key.js';
import type { Exec, Transport } from '../../transport/transport.js';
import type { Crew } from '../crew.js';
import { lastLines } from '../lock/run-fenced.js';
import { addressesOf, lifetimeFor, type RelaySchedule, sshPort } from './relay-schedule.js';
import { canHandOutScript, endPostScript, type Peer, preparePostScript } from './relay-script.js';

/** What each host is to be brought, in the order of the inventory. */
export type Needs = ReadonlyMap<string, readonly Artifact[]>;

/** What a host said of a script that failed. A lost connection is told by what comes next. */
const saidBy = (transport: Transport, request: Exec): Promise<string | undefined> =>
  transport.exec(request).then(
    ({ code, stderr }) => (code === 0 ? undefined : lastLines(stderr, 2) || `exit code ${code}`),
    (error: Error) => error.message,
  );

/** Takes the keys of these runs away. Not behind the signal that stops a run: what was opened is closed. */
export async function endPosts({ session, transports }: Crew, posts: ReadonlyMap<string, readonly string[]>) {
  await Promise.all(
    [...posts].map(async ([host, runs]) => {
      const transport = transports.get(host);
      if (transport === undefined) return;
      const said = await saidBy(transport, { script: endPostScript(runs) });
      if (said === undefined) return;
      const message = `keys for passing artifacts on may still be in authorized_keys; they end by themselves, and the next run that changes something removes them: ${said}`;
      session.emit({ event: 'warning', host, message });
    }),
  );
}

/** The hosts that others can be sent to. */
export async function thosePassingOn(
  { session, transports }: Crew,
  hosts: readonly string[],
): Promise<ReadonlySet<string>> {
  const passing = new Set<string>();
  await Promise.all(
    hosts.map(async (host) => {
      const transport = transports.get(host)!;
      const { user } = transport.server ?? {};
      const can =
        user === 'root' || (user && (await saidBy(transport, { script: canHandOutScript })) === undefined);
      if (can) return passing.add(host);
      const why = user ? `sudo asks ${user} for a password` : 'it is not reached by SSH';
      return session.emit({ event: 'warning', host, message: `passes no artifacts on: ${why}` });
    }),
  );
  return passing;
}

/** @returns the hosts that know now whom to fetch from and whom to admit */
export async function preparePosts(
  crew: Crew,
  needs: Needs,
  schedule: RelaySchedule,
): Promise<ReadonlySet<string>> {
  const { session, transports, artifacts, lock } = crew;
  const keys = new Map([...needs.keys()].map((host) => [host, makeSshKey()]));
  const bytes = artifacts.list.flatMap(blobsOf).reduce((sum, { size }) => sum + size, 0);
  const ready = new Set<string>();
  await Promise.all(
    [...needs.keys()].map(async (host) => {
      const children = schedule.childrenOf(host);
      const peers = schedule.parentsOf(host).map((parent) => peerOf(crew, parent));
      if (children.size === 0 && peers.length === 0) return;
      const script = preparePostScript({
        run: session.run,
        lockId: lock.id,
        peers,
        admitted: [...children.keys()].map((child) => ({
          addresses: addressesOf(hostNamed(crew.session.inventory, child)),
          publicKey: keys.get(child)!.line,
        })),
        handsOut: [...new Set([...children.values()].flat().map(({ sha256 }) => sha256))],
        lifetime: lifetimeFor(bytes, session.maxUpload),
      });
      const stdin = peers.length > 0 ? { stdin: once(keys.get(host)!.private) } : {};
      // Not behind the signal that stops a run: a script that ran on could come after what takes the keys away.
      const said = await saidBy(transports.get(host)!, { script, ...stdin });
      if (said === undefined) return ready.add(host);
      const message = `takes no part in passing artifacts on: ${said}`;
      return session.emit({ event: 'warning', host, message });
    }),
  );
  return ready;
}

async function* once(secret: Secret): AsyncIterable<Uint8Array> {
  yield Buffer.from(secret.reveal());
}

export function peerOf(crew: Crew, host: string): Peer {
  const { user, port, hostKey } = crew.transports.get(host)!.server!;
  const { advertiseAddress: address } = hostNamed(crew.session.inventory, host);
  return { host, address, user, hostKey, port: sshPort(crew.facts.get(host)!, port) };
}
