import { etcdOn } from '../../cluster/etcd.js';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import { lookAtEtcd } from '../../verify/etcd-health.js';
import { poll } from '../../verify/poll.js';
import type { Crew } from '../crew.js';

/** Waits until etcd is whole. @throws Failure `gate` with what is missing */
export async function awaitEtcd(
  { session, transports }: Pick<Crew, 'session' | 'transports'>,
  hosts: readonly string[],
): Promise<void> {
  if (hosts.length === 0) return;
  const { keys, inventory, abort, emit } = session;
  const members = new Map(hosts.map((host) => [host, etcdOn(keys, transports.get(host)!)]));
  try {
    const missing = await poll(() => lookAtEtcd(members), {
      timeoutMs: parseDuration(inventory.spec.timeouts.etcdAPICall),
      onWaiting: (what) => emit({ event: 'waiting', host: hosts[0]!, stage: 'verify', for: what }),
      signal: abort,
    });
    if (missing === undefined) return;
    throw new Failure({
      kind: 'gate',
      doing: 'Waiting for etcd',
      where: { host: hosts.join(', '), phase: 'control-plane' },
      said: missing,
      next: 'Look at `podstrap status`, fix what it names, then run `podstrap up` again.',
    });
  } finally {
    for (const member of members.values()) member.close();
  }
}
