import { Readable } from 'node:stream';
import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { expect, test } from 'vitest';
import { block, isIntact, paddingOf, sizeIn, tarHeader } from '../../src/bundle/file/tar-header.js';

/** What another reader makes of a header. */
async function readBack(header: Buffer): Promise<Header> {
  for await (const entry of Readable.from([header]).pipe(extract())) return entry.header;
  throw new Error('no header');
}

test('other readers understand our headers, of small files and of those above 8 GiB', async () => {
  const name = fc.stringMatching(/^[a-z0-9./-]{1,90}[a-z]$/);
  const size = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 }), fc.constantFrom(8 ** 11 - 1, 8 ** 11, 2 ** 40));
  const time = fc.integer({ min: 0, max: 2 ** 32 });
  await fc.assert(
    fc.asyncProperty(name, size, time, async (called, bytes, modified) => {
      const header = tarHeader(called, bytes, modified);
      expect(header.length).toBe(block);
      expect(await readBack(header)).toMatchObject({
        name: called,
        size: bytes,
        mtime: new Date(modified * 1000),
        mode: 0o644,
        uid: 0,
        gid: 0,
        type: 'file',
      });
      expect(sizeIn(header)).toBe(bytes < 8 ** 11 ? bytes : Number.NaN);
      expect((bytes + paddingOf(bytes)) % block).toBe(0);
    }),
  );
});

test('a header with any byte changed is not intact', () => {
  const header = tarHeader('blobs/sha256/0123', 4096, 1_700_000_000);
  expect(isIntact(header)).toBe(true);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: block - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = Buffer.from(header);
      changed[at]! ^= by;
      expect(isIntact(changed)).toBe(false);
    }),
  );
});
