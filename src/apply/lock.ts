import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, failureOf } from '../failure.js';
import { paths } from '../host/paths.js';
import { isGone, type ProcessIdentity, thisProcess } from '../process-identity.js';
import type { Session } from '../session.js';
import type { Transport } from '../transport/transport.js';
import {
  beatScript,
  breakScript,
  dropScript,
  type HeldLock,
  heldCode,
  holderText,
  type LockHolder,
  lockLifetime,
  parseHeld,
  takeScript,
  tellScript,
} from './lock-script.js';
import { lastLines, runFenced } from './run-fenced.js';
import { throwAll } from './stage.js';

/** Seconds between two signs of life. */
export const heartbeat = 20;
/** Milliseconds in which runs that began at the same moment settle which of them goes on. */
const patience = 5_000;
/** Milliseconds before the second try; the upper bound grows twofold with the next two. */
const [shortestPause, longestPause] = [50, 400];

/** An id for the lock of this process: random, and telling on its own machine whether the process is still there. */
export const newLockId = (): string =>
  `${randomBytes(8).toString('hex')}.${Buffer.from(JSON.stringify(thisProcess())).toString('base64url')}`;

/** True when the run behind an id ran on this machine and has ended, such as by SIGKILL. */
function isDead(id: string): boolean {
  try {
    const told = JSON.parse(Buffer.from(id.split('.')[1] ?? '', 'base64url').toString()) as ProcessIdentity;
    return Number.isSafeInteger(told.pid) && told.pid > 0 && isGone(told);
  } catch {
    return false;
  }
}

/** A lock that is held on a set of hosts, with its heartbeat. */
export interface Lock {
  readonly id: string;
  /** Aborted when a sign of life finds it in other hands, or gone; the reason is the failure to tell. */
  readonly lost: AbortSignal;
  /** The lock of this host goes with all else that podstrap has there: from now on nobody misses it. */
  letGo(host: string): void;
  release(): Promise<void>;
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
  requireMajority(transports, controlPlanes);
  const heart = beginHeartbeat(transports, holder.id);
  try {
    const deadline = performance.now() + patienceMs;
    let winner: string | undefined;
    for (let round = 0; ; round++) {
      const answers = await askAll(transports, holder);
      const held = heldOf(answers);
      if (held.length === 0) return { id: holder.id, ...heart.taken() };
      const before = winner;
      winner = winnerOf(held, controlPlanes);
      const isSettled =
        (winner !== undefined && winner === before) || held.some((lock) => isOld(lock, patienceMs));
      if (isSettled || performance.now() > deadline) throw inOtherHands(held);
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

/** Tries once on every host. @throws Failure, or Failures, of hosts that cannot say or cannot write */
async function askAll(transports: readonly Transport[], holder: LockHolder): Promise<readonly Answer[]> {
  const results = await Promise.allSettled(transports.map((transport) => ask(transport, holder)));
  throwAll(results);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

async function ask(transport: Transport, holder: LockHolder): Promise<Answer> {
  const { host } = transport;
  let { code, stdout, stderr } = await transport.exec({ script: takeScript(holder) });
  const other = parseHeld(host, stdout);
  if (code === heldCode && other !== undefined && isDead(other.id))
    ({ code, stdout, stderr } = await transport.exec({ script: takeScript(holder, other.id) }));
  if (code === 0) return { host };
  const held = code === heldCode ? parseHeld(host, stdout) : undefined;
  if (held !== undefined) return { host, held };
  throw notWritten(host, code, lastLines(stderr, 3));
}

const isMajority = (count: number, controlPlanes: readonly string[]): boolean =>
  count > controlPlanes.length / 2;

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

interface Heartbeat {
  /** From now on the lock is this run's, and its loss is noticed. */
  taken(): Omit<Lock, 'id'>;
  /** Ends it and gives the lock back. */
  end(): Promise<void>;
}

function beginHeartbeat(transports: readonly Transport[], id: string): Heartbeat {
  const losing = new AbortController();
  const letGo = new Set<string>();
  let isTaken = false;
  const beat = async (transport: Transport): Promise<void> => {
    const watches = isTaken;
    try {
      await runFenced(transport, { script: beatScript(id) }, { doing: 'Renewing the lock' });
    } catch (error) {
      // A host that does not answer keeps the lock as it is; one that was let go while it was asked has none to lose.
      if (!watches || !isTaken || letGo.has(transport.host)) return;
      if (error instanceof Failure && error.kind === 'locked') losing.abort(error);
    }
  };
  const timer = setInterval(() => {
    for (const transport of transports) void beat(transport);
  }, heartbeat * 1000);
  timer.unref();
  const end = async () => {
    clearInterval(timer);
    isTaken = false;
    await drop(transports, id);
  };
  return {
    taken: () => {
      isTaken = true;
      return { lost: losing.signal, letGo: (host) => void letGo.add(host), release: end };
    },
    end,
  };
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

async function drop(transports: readonly Transport[], id: string): Promise<void> {
  // A host that cannot be reached any more frees itself: its lock grows old.
  await Promise.all(
    transports.map((transport) => transport.exec({ script: dropScript(id) }).catch(() => undefined)),
  );
}

function requireMajority(transports: readonly Transport[], controlPlanes: readonly string[]): void {
  const missing = controlPlanes.filter((name) => !transports.some(({ host }) => host === name));
  const had = controlPlanes.length - missing.length;
  if (isMajority(had, controlPlanes)) return;
  throw new Failure({
    kind: 'unreachable',
    doing: 'Taking the lock',
    said: `it needs more than half of the ${controlPlanes.length} control planes, and ${had} can be reached; missing: ${missing.join(', ')}`,
    next: 'Another operator may be at work on those that you do not reach. Bring them back, or run podstrap from where they can be reached. Nothing was changed.',
  });
}

function inOtherHands(held: readonly HeldLock[]): Failure {
  const [first] = held as [HeldLock];
  const also = held.slice(1).map(({ host }) => host);
  return new Failure({
    kind: 'locked',
    doing: 'Taking the lock',
    where: { host: first.host },
    said: `${holderText(first)}${also.length === 0 ? '' : ` (also on ${also.join(', ')})`}`,
    next: `Wait for that run to end. When it is dead, its lock can be taken ${lockLifetime} s after its last sign of life, or at once after \`podstrap unlock\`.`,
  });
}

const notWritten = (host: string, code: number, stderr: string): Failure =>
  new Failure({
    kind: 'apply',
    doing: 'Writing the lock',
    where: { host },
    said: `exit code ${code}: ${stderr}`,
    next: /No space left on device/.test(stderr)
      ? `Free some space on the file system of ${paths.podstrap} (\`df -h\`, \`df -i\`), then run the same command again. Nothing was changed.`
      : `Check that root can write ${paths.podstrap} on that host, then run the same command again. Nothing was changed.`,
  });

/** Who holds a host's lock now; undefined when nobody does. Reads only. */
export async function readLock(transport: Transport): Promise<HeldLock | undefined> {
  const { stdout } = await transport.exec({ script: tellScript });
  return parseHeld(transport.host, stdout);
}

/** Removes a host's lock, whoever holds it. @returns who held it, if anybody did */
export async function breakLock(
  transport: Transport,
): Promise<{ readonly host: string; readonly owner?: string }> {
  const { stdout } = await transport.exec({ script: breakScript });
  const held = parseHeld(transport.host, stdout);
  return held === undefined ? { host: transport.host } : { host: transport.host, owner: held.owner };
}
