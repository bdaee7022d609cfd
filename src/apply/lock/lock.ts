import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, Failures, failureOf, isOfOneHost } from '../../failure.js';
import { isDead } from '../../operator/lock-id.js';
import type { Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { reported } from '../reports.js';
import { switchDeadline, switchEnds } from '../scripts/fence.js';
import { throwAll } from '../stage.js';
import { beginHeartbeat, drop } from './heartbeat.js';
import {
  contradicted,
  heldByAnother,
  inOtherHands,
  isMajority,
  notWritten,
  requireMajority,
} from './lock-failures.js';
import {
  type HeldLock,
  heldCode,
  type LockHolder,
  lockLimitMs,
  parseHeld,
  takeScript,
} from './lock-script.js';
import { lastLines } from './run-fenced.js';

/** Milliseconds in which runs that began at the same moment settle which of them goes on. */
const patience = 5_000;
/** Milliseconds for the end of a switch that was under way. */
const switchLimitMs = (switchDeadline + 30) * 1000;
/** Milliseconds before the second try; the upper bound grows twofold with the next two. */
const [shortestPause, longestPause] = [50, 400];

/** A lock that is held on a set of hosts, with its heartbeat. */
export interface Lock {
  readonly id: string;
  /** Aborted when a heartbeat finds it in other hands, or gone; the reason is the failure to tell. */
  readonly lost: AbortSignal;
  /** The lock of this host goes with all else that podstrap has there: from now on nobody misses it. */
  letGo(host: string): void;
  release(): Promise<void>;
}

/** A lock that most control planes gave, and perhaps not every host. */
export interface LockOfMost extends Lock {
  /** Hosts that did not give it, with the reason; what this run sends there changes nothing. */
  readonly refused: readonly Failure[];
}

/**
 * Takes the lock on every host given, which must be more than half of the control planes, or on none. So two operators
 * who reach different hosts cannot both have it; and every host that can be changed knows whose scripts to accept.
 * @param transports every host that can be reached
 * @param controlPlanes names of all that the inventory has
 * @param patienceMs how long to try when another run is about to take it, too
 * @throws Failure `locked` naming who holds it and since when, `unreachable` without a majority, `apply` when a host
 * could not write it
 */
export async function takeLock(
  transports: readonly Transport[],
  controlPlanes: readonly string[],
  holder: LockHolder,
  patienceMs: number = patience,
): Promise<Lock> {
  return acquire(transports, controlPlanes, holder, patienceMs, false);
}

/**
 * The same, for a run that can do without some hosts. Where more than half of the control planes gave the lock, no other run
 * can have it: a host that says so, that cannot write it or that does not answer is passed over, and nothing is changed there. A
 * single host that claims the lock for ever, or that claims later on to have lost it, stops nobody.
 * @throws Failure, Failures as takeLock, when most control planes did not give it
 */
export const takeLockOfMost = (
  transports: readonly Transport[],
  controlPlanes: readonly string[],
  holder: LockHolder,
  patienceMs: number = patience,
): Promise<LockOfMost> => acquire(transports, controlPlanes, holder, patienceMs, true);

/**
 * Takes the lock of each host for itself: what another run holds is passed over, and nothing is changed there. Two runs never
 * have the same host, and those with different hosts do not meet.
 * @throws Failure `locked`, Failures when no host gave it
 */
export async function takeLockOfEach(
  transports: readonly Transport[],
  holder: LockHolder,
): Promise<LockOfMost> {
  const heart = beginHeartbeat(transports, holder.id, 'each');
  try {
    const { answers, failed } = await askAll(transports, holder, true);
    const held = heldOf(answers);
    if (held.length + failed.length === transports.length && transports.length > 0)
      throw held.length > 0 ? inOtherHands(held) : new Failures(failed);
    const refused = [...failed, ...held.map(heldByAnother)];
    return { id: holder.id, refused, ...heart.taken(refused) };
  } catch (error) {
    await heart.end();
    throw error;
  }
}

async function acquire(
  transports: readonly Transport[],
  controlPlanes: readonly string[],
  holder: LockHolder,
  patienceMs: number,
  spares: boolean,
): Promise<LockOfMost> {
  requireMajority(transports, controlPlanes);
  const heart = beginHeartbeat(transports, holder.id, spares ? controlPlanes : undefined);
  try {
    const deadline = performance.now() + patienceMs;
    let winner: string | undefined;
    for (let round = 0; ; round++) {
      const { answers, failed } = await askAll(transports, holder, spares);
      const held = heldOf(answers);
      const isLate = performance.now() > deadline;
      // Whoever only begins to take it will see that it cannot, and drop it again.
      const goesOn = held.every((lock) => isOld(lock, patienceMs)) || isLate;
      if (goesOn && isOurs(answers, failed, controlPlanes, spares)) {
        const refused = [...failed, ...held.map((lock) => contradicted(lock, controlPlanes))];
        return { id: holder.id, refused, ...heart.taken(refused) };
      }
      if (held.length === 0) throwAll(failed.map((reason) => ({ status: 'rejected', reason })));
      const before = winner;
      winner = winnerOf(held, controlPlanes);
      const isSettled =
        (winner !== undefined && winner === before) || held.some((lock) => isOld(lock, patienceMs));
      if ((isSettled && !hasMost(answers, controlPlanes)) || isLate) throw inOtherHands(held);
      if (yields(holder.id, answers, controlPlanes)) await drop(transports, holder.id);
      await delay(randomInt(shortestPause, longestPause * 2 ** Math.min(round, 2)));
    }
  } catch (error) {
    // On all of them: one whose connection broke may have taken it before.
    await heart.end();
    throw error;
  }
}

interface Answer {
  readonly host: string;
  /** Who has it instead; absent when it was taken. */
  readonly held?: HeldLock;
}

const heldOf = (answers: readonly Answer[]): readonly HeldLock[] =>
  answers.flatMap(({ held }) => (held ? [held] : []));

/** Older than a run that is still trying to take it. */
const isOld = ({ age }: HeldLock, patienceMs: number): boolean =>
  age === undefined || age * 1000 > patienceMs;

const hasMost = (answers: readonly Answer[], controlPlanes: readonly string[]): boolean =>
  isMajority(answers.filter(({ host, held }) => !held && controlPlanes.includes(host)).length, controlPlanes);

const isOurs = (
  answers: readonly Answer[],
  failed: readonly Failure[],
  controlPlanes: readonly string[],
  spares: boolean,
): boolean =>
  (failed.length === 0 && heldOf(answers).length === 0) || (spares && hasMost(answers, controlPlanes));

/**
 * Tries once on every host.
 * @param spares tell the failures of single hosts instead of throwing them
 * @throws Failure, or Failures, of hosts that cannot say or cannot write
 */
async function askAll(
  transports: readonly Transport[],
  holder: LockHolder,
  spares: boolean,
): Promise<{ readonly answers: readonly Answer[]; readonly failed: readonly Failure[] }> {
  const results = await Promise.allSettled(transports.map((transport) => ask(transport, holder)));
  const isSpared = (result: PromiseSettledResult<unknown>): boolean =>
    spares && result.status === 'rejected' && isOfOneHost(result.reason);
  throwAll(results.filter((result) => !isSpared(result)));
  return {
    answers: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    failed: results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Failure] : [])),
  };
}

async function ask(transport: Transport, holder: LockHolder): Promise<Answer> {
  const { host } = transport;
  const take = (dead?: string) =>
    transport.exec({ script: takeScript(holder, dead), timeoutMs: lockLimitMs });
  let { code, stdout, stderr } = await take();
  const other = parseHeld(host, stdout);
  if (code === heldCode && other !== undefined && isDead(other.id))
    ({ code, stdout, stderr } = await take(other.id));
  if (code === 0) {
    if (reported(stdout, 'switching').length > 0)
      await transport.exec({ script: switchEnds, timeoutMs: switchLimitMs });
    return { host };
  }
  const held = code === heldCode ? parseHeld(host, stdout) : undefined;
  if (held !== undefined) return { host, held };
  throw notWritten(host, code, lastLines(stderr, 3));
}

/** The id that has most control planes, if one does. @param unseen how many more it may have */
const winnerOf = (
  held: readonly HeldLock[],
  controlPlanes: readonly string[],
  unseen = 0,
): string | undefined =>
  held.find(({ id }) => {
    const its = held.filter((lock) => lock.id === id && controlPlanes.includes(lock.host));
    return isMajority(its.length + unseen, controlPlanes);
  })?.id;

/**
 * True for a run that cannot have the rest: it has not most control planes, and another one may have, or has the lower
 * id. So of runs that meet, one keeps what it has.
 */
function yields(id: string, answers: readonly Answer[], controlPlanes: readonly string[]): boolean {
  const seen = answers.filter(({ host }) => controlPlanes.includes(host));
  if (isMajority(seen.filter((answer) => !answer.held).length, controlPlanes)) return false;
  const held = heldOf(answers);
  const unseen = controlPlanes.length - seen.length;
  return winnerOf(held, controlPlanes, unseen) !== undefined || held.some((lock) => lock.id < id);
}

/** The session of a run that ends as soon as its lock is lost. */
export const whileHeld = (session: Session, { lost }: Lock): Session => ({
  ...session,
  abort: AbortSignal.any([session.abort, lost]),
});

/** What to tell of a run that failed: first of all that its lock was lost, whatever else came of that. */
export function lossFirst({ lost }: Lock, error: unknown): unknown {
  // What says so itself may say more: how the nodes stand now.
  const saysSo = error instanceof Failure && error.kind === 'locked';
  return saysSo ? error : (failureOf(lost) ?? error);
}
