import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { pace } from '../../src/apply/transfer/pace.js';
import { openUplink } from '../../src/apply/transfer/uplink.js';
import type { Artifacts } from '../../src/desired/artifact.js';
import { virtualClock } from './virtual-clock.js';

const directory = mkdtempSync(join(tmpdir(), 'podstrap-uplink-'));
const content = Buffer.alloc(5_000_000, 'podstrap is a bundle of bytes; ');
const file = join(directory, 'blob');
writeFileSync(file, Buffer.concat([Buffer.from('before it'), content]));
const blob = { sha256: 'a'.repeat(64), size: content.length };
let places = 0;
const artifacts: Artifacts = {
  list: [],
  place: () => {
    places++;
    return { file, start: 'before it'.length };
  },
};
afterEach(() => {
  places = 0;
});

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('an uplink', () => {
  test('reads a blob within a larger file, from any byte on', async () => {
    const uplink = openUplink(artifacts);
    for (const offset of [0, 1, 1 << 20, 2_500_000, content.length - 1, content.length])
      expect((await collect(uplink.read(blob, offset))).equals(content.subarray(offset))).toBe(true);
    await uplink.close();
  });

  test('reads once for many hosts that go in step', async () => {
    const uplink = openUplink(artifacts);
    const copies = await Promise.all(Array.from({ length: 30 }, () => collect(uplink.read(blob, 0))));
    expect(copies.every((copy) => copy.equals(content))).toBe(true);
    expect(places).toBe(Math.ceil(content.length / (1 << 20)));
    await uplink.close();
  });

  test('gives the same bytes when its rate is limited', async () => {
    const uplink = openUplink(artifacts, 1e9);
    expect((await collect(uplink.read(blob, 7))).equals(content.subarray(7))).toBe(true);
    await uplink.close();
  });

  test('keeps its rate over all hosts together, in any second, and uses it', async () => {
    const rates = fc.integer({ min: 1000, max: 50_000_000 });
    const starts = fc.array(fc.integer({ min: 0, max: content.length }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rates, starts, async (rate, offsets) => {
        const clock = virtualClock();
        const uplink = openUplink(artifacts, rate, clock);
        const passed: { readonly at: number; readonly bytes: number }[] = [];
        const host = async (offset: number) => {
          for await (const piece of uplink.read(blob, offset))
            passed.push({ at: clock.now(), bytes: piece.length });
        };
        await Promise.all(offsets.map(host));
        await uplink.close();
        const total = offsets.reduce((sum, offset) => sum + content.length - offset, 0);
        expect(passed.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total);
        const largest = Math.max(0, ...passed.map(({ bytes }) => bytes));
        let [first, within] = [0, 0];
        for (const { at, bytes } of passed) {
          within += bytes;
          while (passed[first]!.at <= at - 1000) within -= passed[first++]!.bytes;
          expect(within).toBeLessThanOrEqual(rate + largest);
        }
        // The line is never idle while there is something to send.
        if (total > 0) expect(clock.now() / 1000).toBeGreaterThanOrEqual((total - largest) / rate - 1e-6);
        expect(clock.now() / 1000).toBeLessThanOrEqual(total / rate + 1e-6);
      }),
      { numRuns: 15 },
    );
  });

  test('says which file ends too early', async () => {
    const uplink = openUplink(artifacts);
    const longer = { ...blob, size: blob.size + 1 };
    await expect(collect(uplink.read(longer, 0))).rejects.toMatchObject({
      kind: 'artifact',
      doing: `Reading ${file}`,
    });
    await uplink.close();
    rmSync(directory, { recursive: true });
  });
});

test('a pace is kept by all who share it, together, and time that nobody used is not saved up', async () => {
  let time = 0;
  const waits: number[] = [];
  const take = pace(1_000_000, {
    now: () => time,
    wait: async (milliseconds) => void waits.push(milliseconds),
  });
  await Promise.all(Array.from({ length: 4 }, () => take(20_000)));
  expect(waits).toEqual([20, 40, 60]);
  time = 10_000;
  waits.length = 0;
  await Promise.all([take(20_000), take(20_000)]);
  expect(waits).toEqual([20]);
});
