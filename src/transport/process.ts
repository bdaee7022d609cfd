import type { Readable, Writable } from 'node:stream';
import type { Failure } from '../failure.js';

/** How a process ended, once all its output was read. */
export type Ended = { readonly code: number } | { readonly signal: string } | { readonly lost: Failure };

/** A process on a host, whatever the way to it. */
export interface RunningProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Never rejects. */
  readonly ended: Promise<Ended>;
  /** Lets go of it. Over SSH it may go on running on the host: the protocol has no sure way to stop it. */
  release(): void;
}

/** Starts a program; each word of `argv` arrives as it is. @throws Failure `connection-lost`, `privilege` */
export type StartProcess = (argv: readonly string[]) => Promise<RunningProcess>;
