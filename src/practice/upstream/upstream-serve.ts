import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Found } from './upstream.js';
import { sha256 } from './upstream-content.js';
import { type Fault, strike } from './upstream-fault.js';

/** Answers one request for content, ranges and faults included. */
export function serveBytes(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  found: Found | undefined,
  faults: readonly Fault[],
): void {
  const fault = strike(faults, path);
  const size = found?.bytes.size ?? 0;
  const etag = `"${sha256(`${path} ${size}`).slice(0, 16)}"`;
  const start = fault?.kind === 'no-range' ? 0 : startOf(request, etag);
  const refusal = refusalOf(fault, found, start, request.url ?? '');
  if (refusal !== undefined || found === undefined) {
    response.writeHead(refusal?.status ?? 404, refusal?.headers).end();
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, {
    ...found.headers,
    'accept-ranges': 'bytes',
    'content-length': size - start,
    etag,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {}),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // Whoever asked may hang up at any time; that is not this side's error.
  send(response, found, start, fault).catch(() => response.destroy());
}

async function send(
  response: ServerResponse,
  { bytes }: Found,
  start: number,
  fault: Fault | undefined,
): Promise<void> {
  let left = fault?.kind === 'break' ? fault.after : Number.POSITIVE_INFINITY;
  let offset = start;
  for await (const piece of bytes.read(start)) {
    if (fault?.kind === 'slow') await pause(fault.pauseMs);
    const whole =
      fault?.kind === 'flip' ? flipped(piece, fault.offset - offset, fault.mask) : (piece as Buffer);
    const sent = whole.subarray(0, left);
    await written(response, sent);
    offset += sent.length;
    left -= sent.length;
    if (left <= 0) return void response.destroy();
  }
  response.end();
}

/** Resolves when the kernel has the bytes: only then may the connection be cut behind them. */
async function written(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return void response.flushHeaders();
  const closed = new AbortController();
  try {
    await Promise.race([
      new Promise<void>((resolve, reject) => {
        response.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
      once(response, 'close', { signal: closed.signal }).then(() => {
        throw new Error('hung up');
      }),
    ]);
  } finally {
    closed.abort();
  }
}

function flipped(piece: Uint8Array, at: number, mask = 1): Buffer {
  const copy = Buffer.from(piece);
  if (at >= 0 && at < copy.length) copy[at]! ^= mask;
  return copy;
}

/** First byte asked for. A range of what has changed since is no range. */
function startOf({ headers }: IncomingMessage, etag: string): number {
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etag) return 0;
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
}

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function refusalOf(
  fault: Fault | undefined,
  found: Found | undefined,
  start: number,
  url: string,
): Refusal | undefined {
  if (fault?.kind === 'redirect') return { status: 302, headers: { location: fault.to + url } };
  if (fault?.kind === 'status') return { status: fault.status };
  if (found === undefined) return { status: 404 };
  const { size } = found.bytes;
  return start > 0 && start >= size
    ? { status: 416, headers: { 'content-range': `bytes */${size}` } }
    : undefined;
}
