import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { isSlow, type Line, measuredBytes } from '../../src/apply/transfer/line.js';
import { noGzipCode, receiveScript } from '../../src/apply/transfer/receive-script.js';
import { sendBlob } from '../../src/apply/transfer/send-blobs.js';
import { openUplink } from '../../src/apply/transfer/uplink.js';
import { packedReads } from '../../src/bundle/packed-reads.js';
import type { Exec } from '../../src/transport/transport.js';
import { holdLock, makeWorld, type World } from './world.js';

const worlds: World[] = [];
const world = (): World => {
  const made = makeWorld('cp-1');
  worlds.push(made);
  holdLock(made);
  return made;
};
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.dispose();
});

const incoming = '/var/lib/podstrap/incoming';
const shrinking = Buffer.from(
  Array.from({ length: 700_000 }, (_, index) => `${index * 7919},`).join(''),
).subarray(0, measuredBytes + 500_000);
const noise = randomBytes(1_500_000);
const blobOf = (content: Buffer) => ({
  sha256: createHash('sha256').update(content).digest('hex'),
  size: content.length,
});

/** Sends a blob, and tells what went over the line. @param breakAfter bytes of it, in its last script */
async function send(at: World, content: Buffer, line: Line, offset = 0, breakAfter?: number) {
  const blob = blobOf(content);
  const file = join(at.own, blob.sha256);
  writeFileSync(file, content);
  const uplink = openUplink({ list: [], place: () => ({ file, start: 0 }) });
  const sent = { scripts: 0, travelled: 0, told: 0, failed: '' };
  async function* watched(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    let left = breakAfter ?? Number.POSITIVE_INFINITY;
    for await (const piece of bytes) {
      const part = piece.subarray(0, left);
      sent.travelled += part.length;
      left -= part.length;
      yield part;
      if (left <= 0) return;
    }
  }
  const exec = (request: Exec) => {
    sent.scripts++;
    return at.transport.exec({ ...request, ...(request.stdin ? { stdin: watched(request.stdin) } : {}) });
  };
  const sending = {
    transport: { ...at.transport, exec },
    uplink,
    line,
    lockId: 'ours',
    what: 'a blob',
    phase: 'binaries' as const,
    onSent: (bytes: number) => {
      sent.told += bytes;
    },
  };
  await sendBlob(sending, blob, offset).catch((error: Error) => {
    sent.failed = String((error as Error & { said?: string }).said);
  });
  await uplink.close();
  return sent;
}

const arrived = (at: World, content: Buffer): boolean =>
  at.list(incoming).includes(blobOf(content).sha256) && at.list(incoming).length === 1;

describe('on a slow line', () => {
  test('a blob travels compressed, and its progress is told in bytes of its own', async () => {
    const at = world();
    const { failed, travelled, told, scripts } = await send(at, shrinking, { packs: true });
    expect({ failed, told, scripts }).toEqual({ failed: '', told: shrinking.length, scripts: 1 });
    expect(travelled).toBeLessThan(shrinking.length / 2);
    expect(arrived(at, shrinking)).toBe(true);
  });

  test('what gets no smaller travels as it is', async () => {
    const at = world();
    expect(await send(at, noise, { packs: true })).toMatchObject({ failed: '', travelled: noise.length });
    expect(arrived(at, noise)).toBe(true);
  });

  test('one that breaks off goes on with what could be unpacked of it', async () => {
    const at = world();
    const first = await send(at, shrinking, { packs: true }, 0, 700_000);
    expect(first.failed).toContain(`of ${shrinking.length} bytes came`);
    const part = `${incoming}/${blobOf(shrinking).sha256}.part`;
    const have = at.read(part).length;
    expect(have).toBeGreaterThan(0);
    expect(shrinking.toString().startsWith(at.read(part))).toBe(true);
    const second = await send(at, shrinking, { packs: true }, have);
    expect(second).toMatchObject({ failed: '', told: shrinking.length - have });
    expect(arrived(at, shrinking)).toBe(true);
  });

  test('a host without gzip gets it as it is, and so all that follows', async () => {
    const at = world();
    const line: Line = { packs: true };
    const { exec } = at.transport;
    const without = { ...at, transport: { ...at.transport } } as World;
    without.transport.exec = (request) =>
      request.script.startsWith('command -v gzip')
        ? exec({ ...request, script: `cat >/dev/null; exit ${noGzipCode}` })
        : exec(request);
    expect((await send(without, shrinking, line)).failed).toBe('');
    expect(line.packs).toBe(false);
    expect(arrived(at, shrinking)).toBe(true);
  });

  test('bytes that are damaged on the way have no name, and those that are sound do', async () => {
    const at = world();
    const { sha256, size } = blobOf(shrinking);
    const script = receiveScript({ sha256, size }, 0, 'ours', 'shell', true);
    async function* rubbish() {
      yield Buffer.from('this is no gzip');
    }
    expect((await at.transport.exec({ script, stdin: rubbish() })).code).not.toBe(0);
    expect(at.list(incoming)).not.toContain(sha256);
    expect((await send(at, shrinking, { packs: true })).failed).toBe('');
    expect(arrived(at, shrinking)).toBe(true);
  });
});

test('a line is measured with the beginning of the first blob that would shrink, once', async () => {
  const at = world();
  const line: Line = { packs: undefined };
  expect((await send(at, noise, line)).scripts).toBe(1);
  expect(line.packs).toBeUndefined();
  expect(await send(at, shrinking, line)).toMatchObject({
    failed: '',
    scripts: 2,
    told: shrinking.length,
  });
  expect(line.packs).toBeTypeOf('boolean');
  expect([...at.list(incoming)].sort()).toEqual([blobOf(noise).sha256, blobOf(shrinking).sha256].sort());
  expect((await send(at, Buffer.concat([shrinking, noise]), line)).scripts).toBe(1);
});

test('a line is slow where it takes longer than compressing does', () => {
  expect(isSlow(measuredBytes, 2)).toBe(true);
  expect(isSlow(measuredBytes, 0.05)).toBe(false);
});

test('pieces are compressed once for all hosts that go in step', async () => {
  let read = 0;
  const reads = packedReads(async function* (_, offset) {
    read++;
    yield shrinking.subarray(offset, Math.min(shrinking.length, (Math.floor(offset / (1 << 20)) + 1) << 20));
  });
  const all = async () => {
    let holds = 0;
    for await (const piece of reads.read(blobOf(shrinking), 0)) holds += piece.holds;
    return holds;
  };
  expect(await Promise.all([all(), all(), all()])).toEqual(Array(3).fill(shrinking.length));
  expect(read).toBe(Math.ceil(shrinking.length / (1 << 20)));
});
