import { setTimeout as delay } from 'node:timers/promises';
import { clientsOfApi } from '../desired/pods/dependence.js';
import { wantedOn } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { hostNamed } from '../inventory/inventory.js';
import type { Survey } from '../survey/survey.js';
import { gateFailure, staticPods } from '../verify/await-host.js';
import { restartsFromNow } from '../verify/restarts.js';
import { type HostWatch, watchHost } from '../verify/watch-host.js';
import type { Crew } from './crew.js';

/** Milliseconds between two looks at a node. */
const between = 1_000;
/** Milliseconds for which a node may be unwell: an election, or a machine that is busy, is no failure. */
const patience = 8_000;
/** Milliseconds in which a host that is still there runs nothing at all. */
const signOfLife = 5_000;
/** They end themselves when they cannot renew their lease, which may happen while another node is changed. */
const elected = clientsOfApi;

/** One node under watch. */
export interface Vigil {
  readonly host: string;
  /** performance.now() at the beginning of the last look that found it well. */
  wellAt(): number;
  isUnwell(): boolean;
  end(): void;
}

/** What is to be seen of a node at one moment: what it misses, and containers that have ended. */
export type Sight = () => Promise<{ readonly missing?: string; readonly ended?: string }>;

/** Looks at a node until it is ended or fails; `onFailed` hears of that once. */
export function keepVigil(
  crew: Crew,
  seen: Survey,
  host: string,
  sight: Sight,
  onFailed: (error: unknown) => void,
): Vigil {
  const ending = new AbortController();
  let wellAt = Number.NEGATIVE_INFINITY;
  let unwellSince: number | undefined;
  const look = async (): Promise<void> => {
    const began = performance.now();
    const { missing, ended } = await sight();
    if (ending.signal.aborted) return;
    if (ended !== undefined) throw await nodeFailure(crew, seen, host, ended);
    if (missing === undefined) wellAt = began;
    unwellSince = missing === undefined ? undefined : (unwellSince ?? began);
    if (missing !== undefined && performance.now() - unwellSince! > patience)
      throw await nodeFailure(crew, seen, host, missing);
  };
  const keep = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await look();
      await delay(between, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  keep().catch((error: unknown) => ending.signal.aborted || onFailed(error));
  return { host, wellAt: () => wellAt, isUnwell: () => unwellSince !== undefined, end: () => ending.abort() };
}

/** What a look at a node's gates shows. */
export const gatesInSight =
  (watch: HostWatch): Sight =>
  async () => {
    const look = await watch.look();
    return look.ok ? {} : { missing: look.missing };
  };

/**
 * What a look at a node shows whose pods are new: its gates, and whether a container ended since now. A container that
 * ends is started again within a second or two, which gates may miss.
 * @param busy true while another node is changed
 */
export async function newPodsInSight(
  crew: Crew,
  seen: Survey,
  host: string,
  watch: HostWatch,
  busy: () => boolean,
): Promise<Sight> {
  const restarts = await restartsFromNow(crew.transports.get(host)!, podsOf(seen, host));
  const forgiven = new Map<string, number>();
  const gates = gatesInSight(watch);
  return async () => {
    const shut = await gates();
    if (shut.missing !== undefined) return shut;
    for (const [pod, count] of await restarts()) {
      if (elected.includes(pod) && busy()) forgiven.set(pod, count);
      if (count > (forgiven.get(pod) ?? 0))
        return { ended: `${pod}: its container has ended and was started again` };
    }
    return {};
  };
}

/** The gates of one host, to be looked at over kept connections. */
export const openGates = ({ session, transports }: Crew, seen: Survey, name: string): HostWatch =>
  watchHost(session, transports.get(name)!, hostNamed(session.inventory, name), wantedOn(seen.desired, name));

const podsOf = (seen: Survey, name: string) => staticPods(wantedOn(seen.desired, name));

const doing = 'Watching the nodes while others are changed';

/** What was missing last was only the beginning of that. */
const stoppedAnswering = (host: string, missing: string, cause: Failure): Failure =>
  new Failure({
    kind: 'connection-lost',
    doing,
    where: { host, phase: 'control-plane' },
    said: `the host has stopped answering (${cause.said ?? 'no reply at all'}). Last seen: ${missing}`,
    next: 'See whether it has power and its network, then run `podstrap up` again: it continues from there.',
    cause,
  });

/** A host that answers nothing any more is lost, and going back is not possible there; one that answers has failed. */
async function nodeFailure(crew: Crew, seen: Survey, host: string, missing: string): Promise<Failure> {
  const transport = crew.transports.get(host)!;
  try {
    await transport.exec({ script: 'exit 0', timeoutMs: signOfLife });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.kind === 'connection-lost'
      ? stoppedAnswering(host, missing, error)
      : error.at({ host, phase: 'control-plane' });
  }
  return gateFailure(transport, podsOf(seen, host), [missing], 'roll out', doing);
}
