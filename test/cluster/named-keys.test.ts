import fc from 'fast-check';
import { expect, it } from 'vitest';
import { namedKeys } from '../../src/cluster/named-keys.js';

it('finds the keys that data name, wherever a snapshot is cut into chunks', async () => {
  const data = Buffer.concat([
    Buffer.alloc(300, 0xff),
    Buffer.from('\0/registry/secrets/default/a\0k8s:enc:secretbox:v1:k0123456789ab:\x01\x02'),
    Buffer.alloc(500, 0x3a),
    Buffer.from('k8s:enc:kms:v2:plugin:k8s:enc:aescbc:v1:two:'),
    Buffer.from('k8s:enc:rot13:v1:none: and k8s:enc:aesgcm:v1:'),
  ]);
  const cuts = fc.uniqueArray(fc.nat({ max: data.length }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const ends = [...at.sort((a, b) => a - b), data.length];
      async function* chunks() {
        let from = 0;
        for (const end of ends) {
          yield data.subarray(from, end);
          from = end;
        }
      }
      expect([...(await namedKeys(chunks()))].sort()).toEqual([
        'aescbc two',
        'kms plugin',
        'secretbox k0123456789ab',
      ]);
    }),
  );
});
