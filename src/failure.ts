import { withoutCredentials } from './secret.js';

/** What went wrong, as a type: callers decide by kind and never by the words of a message. */
export type FailureKind =
  | 'usage' // a flag or argument that makes no sense
  | 'inventory' // the inventory is invalid
  | 'keystore' // the local keystore is damaged, incomplete or does not fit
  | 'artifact' // a binary or image could not be fetched or verified
  | 'unreachable' // no connection to a host
  | 'unsound' // a host says what no host can mean: it is passed over like one that cannot be reached
  | 'authentication' // the host refused our user, key or passphrase
  | 'host-key' // the host's key is unknown or not the one expected
  | 'privilege' // no root rights on the host
  | 'connection-lost' // a connection broke while something ran on it
  | 'preflight' // a host is not fit for what is wanted
  | 'apply' // a step failed on a host
  | 'gate' // what was applied does not become healthy
  | 'locked' // another run holds the lock
  | 'refused' // doing it would harm the cluster
  | 'interrupted' // the operator asked to stop
  | 'internal'; // a defect of podstrap

/** Where it happened. */
export interface Place {
  readonly host?: string;
  readonly phase?: string;
  readonly step?: string;
}

/** The four answers that every failure gives. */
export interface FailureAnswers {
  readonly kind: FailureKind;
  /** What we were doing, as a sentence without its full stop. */
  readonly doing: string;
  readonly where?: Place;
  /** What the machine said: exit code and last lines. */
  readonly said?: string;
  /** What the operator can type or do next. */
  readonly next?: string;
  readonly cause?: unknown;
}

/** A failure that podstrap foresaw. Anything else that is thrown is a defect. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly doing: string;
  readonly where: Place;
  readonly said: string | undefined;
  readonly next: string | undefined;

  constructor(answers: FailureAnswers) {
    // An address that somebody wrote with a password in it is in many a message.
    const doing = withoutCredentials(answers.doing);
    const said = answers.said === undefined ? undefined : withoutCredentials(answers.said);
    super(said === undefined ? doing : `${doing}: ${said}`, { cause: answers.cause });
    this.kind = answers.kind;
    this.doing = doing;
    this.where = answers.where ?? {};
    this.said = said;
    this.next = answers.next === undefined ? undefined : withoutCredentials(answers.next);
  }

  /** The same failure with more of what the machine said, and another next step where one is given. */
  saying(more: string, next?: string): Failure {
    const then = next ?? this.next;
    return new Failure({
      kind: this.kind,
      doing: this.doing,
      where: this.where,
      said: this.said === undefined ? more : `${this.said}\n${more}`,
      ...(then === undefined ? {} : { next: then }),
      cause: this.cause,
    });
  }

  /** The same failure with a place filled in where it did not yet say one. */
  at(place: Place): Failure {
    return new Failure({
      kind: this.kind,
      doing: this.doing,
      where: { ...place, ...this.where },
      ...(this.said === undefined ? {} : { said: this.said }),
      ...(this.next === undefined ? {} : { next: this.next }),
      cause: this.cause,
    });
  }
}

/**
 * A machine said more than it may, or would not come to an end: what it said is not looked at, and there is no sense in
 * asking it again in this run.
 */
export class LimitExceeded extends Failure {}

/** What a signal was aborted for, where that is a failure of its own: whoever waits ends with it. */
export const failureOf = (signal: AbortSignal | undefined): Failure | undefined =>
  signal?.aborted && signal.reason instanceof Failure ? signal.reason : undefined;

/** The most of a host's own words that a message repeats; in quotes and escaped, since they may be anything. */
const longestQuote = 80;

/** Somebody else's words as a part of a message. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text);

/** The failure of a host whose words make no sense; whoever asked it adds the host with `at`. */
export const unsound = (said: string): Failure =>
  new Failure({
    kind: 'unsound',
    doing: 'Reading what the host says of itself',
    said,
    next: 'Nothing more is done there. Look at that host: it may be damaged, or in somebody else’s hands. Repair or reinstall it, and run the command again.',
  });

/**
 * Kinds of failure that say of a host that it cannot be worked with, and nothing of any other: while hosts are looked at, and
 * while the lock is taken, which it may not be able to write, or claim for somebody else.
 */
const ofOneHost: readonly FailureKind[] = [
  'unsound',
  'unreachable',
  'connection-lost',
  'privilege',
  'locked',
  'apply',
];

/** True for a failure for which a host can be passed over while nothing has been changed yet. */
export const isOfOneHost = (error: unknown): error is Failure =>
  error instanceof Failure && error.where.host !== undefined && ofOneHost.includes(error.kind);

const runEnding: readonly FailureKind[] = ['interrupted', 'connection-lost', 'unsound', 'locked'];

/** True for a failure of one thing, after which a run can go on with the next: nobody stopped it, and the way and the lock are there. */
export const isOfOneThing = (error: unknown): error is Failure =>
  error instanceof Failure && !runEnding.includes(error.kind);

/** Several failures that were found together, such as those of different hosts. */
export class Failures extends Error {
  override readonly name = 'Failures';
  readonly failures: readonly Failure[];

  constructor(failures: readonly Failure[]) {
    super(failures.map((failure) => failure.message).join('\n'));
    this.failures = failures;
  }
}
