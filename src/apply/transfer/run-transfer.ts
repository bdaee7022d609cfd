import { Failure } from '../../failure.js';
import type { Transport } from '../../transport/transport.js';
import { lastLines, lockLost } from '../lock/run-fenced.js';
import { reportedOwner } from '../reports.js';
import { lockLostCode } from '../scripts/fence.js';
import { movedCode, noGzipCode, wrongDigestCode } from './receive-script.js';

/** A script that takes, installs or imports artifacts on a host, and what it is about. */
export interface TransferScript {
  readonly script: string;
  /** What is sent, for people. */
  readonly what: string;
  readonly phase: 'binaries' | 'images';
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What the host said of bytes that it cannot unpack, that are not what they should be, or do not go on where it stopped; undefined when all is well. */
export type Mismatch = string | undefined;

/** Runs it. @throws Failure `apply` (disk, containerd, cut short), `locked`, `connection-lost`, `interrupted` */
export async function runTransfer(transport: Transport, transfer: TransferScript): Promise<Mismatch> {
  const { what, phase, ...request } = transfer;
  const { code, stdout, stderr } = await transport.exec(request);
  if (code === 0) return undefined;
  if (code === noGzipCode) return 'it has no gzip';
  if (code === movedCode || code === wrongDigestCode) return lastLines(stderr, 2);
  const owner = reportedOwner(stdout);
  if (code === lockLostCode && owner !== undefined) throw lockLost(transport.host, owner);
  throw transferFailed(transport.host, transfer, `exit code ${code}: ${lastLines(stderr, 6)}`);
}

export const transferFailed = (
  host: string,
  { what, phase }: Pick<TransferScript, 'what' | 'phase'>,
  said: string,
  next = 'Nothing of it was left under its final name. Fix the cause on the host, then run `podstrap up` again.',
): Failure => new Failure({ kind: 'apply', doing: `Sending ${what}`, where: { host, phase }, said, next });

/** What came is not what was meant. */
export const damaged = (
  host: string,
  transfer: Pick<TransferScript, 'what' | 'phase'>,
  said: string,
): Failure =>
  transferFailed(
    host,
    transfer,
    said,
    'The bytes were damaged on their way, in the cache or in the bundle. Run `podstrap up` again; if it repeats, remove the cache, or check the bundle with `podstrap bundle verify`.',
  );
