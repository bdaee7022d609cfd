import type { Duplex } from 'node:stream';

/** A script to run on a host, as root. */
export interface Exec {
  /**
   * POSIX sh source. Without `stdin` it may be of any size; with `stdin` it travels as an argument and must stay under
   * 100 KiB. It refers to every path on the host as `"$R/…"`, and the transport defines R (empty on real hosts).
   */
  readonly script: string;
  /**
   * Bytes for the script's standard input, such as a tar stream or a blob. When the connection breaks, the script sees
   * them end as if they were complete and may run on: it must be able to tell, by a digest or a last entry.
   */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Called with each whole line of standard output as it arrives, without its newline. */
  readonly onLine?: (line: string) => void;
  /** Give up after this many milliseconds without an end (`connection-lost`); the script may run on. Default: half an hour, after the last byte of `stdin`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How a script ended. A script that did not end (lost connection, timeout, abort) is a thrown Failure instead. */
export interface ExecResult {
  /** Exit code; 128 + n when signal n ended it. */
  readonly code: number;
  /** At most 16 MiB: a script that says more is given up. */
  readonly stdout: string;
  /** The last 256 KiB. */
  readonly stderr: string;
}

/** The SSH server of a host as its operator came to it: whoever else is sent there can know it by the same key. */
export interface SshServerFacts {
  readonly user: string;
  /** As the operator reaches it, which need not be the port that others do. */
  readonly port: number;
  /** Type and base64, as known_hosts has it; it has been checked. */
  readonly hostKey: string;
}

/** One open way to one host. The only thing in podstrap that touches machines. */
export interface Transport {
  /** The host's name in the inventory. */
  readonly host: string;
  /** Absent where the way is not SSH. */
  readonly server?: SshServerFacts;
  /** @throws Failure `connection-lost`, `privilege`, `interrupted`; LimitExceeded when it says too much */
  exec(request: Exec): Promise<ExecResult>;
  /** A byte stream to an address as the host sees it. @throws Failure `connection-lost` or `unreachable` */
  open(address: string, port: number): Promise<Duplex>;
  /** Ends the connection. Safe to call more than once. */
  close(): Promise<void>;
}
