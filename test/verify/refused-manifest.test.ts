import { expect, test } from 'vitest';
import type { Transport } from '../../src/transport/transport.js';
import { refusedManifest } from '../../src/verify/refused-manifest.js';

const saying = (stdout: string, asked: string[] = []): Transport =>
  ({
    host: 'shop-1',
    exec: async ({ script }: { script: string }) => {
      asked.push(script);
      return { code: 0, stdout, stderr: '' };
    },
  }) as unknown as Transport;
const pod = { name: 'web', path: '/etc/kubernetes/manifests/web.yaml' };

test('what the kubelet said of a manifest since it was written is told in its words', async () => {
  const asked: string[] = [];
  const line = `E1201 03:00:00.000000 1 file.go:187] "Could not process manifest file" err="/etc/kubernetes/manifests/web.yaml: couldn't parse as pod(yaml: line 3: \\"x\\")" path="/etc/kubernetes/manifests/web.yaml"\n`;
  expect(await refusedManifest(saying(line, asked), pod)).toBe(
    `web: its kubelet cannot make a pod of the manifest: /etc/kubernetes/manifests/web.yaml: couldn't parse as pod(yaml: line 3: "x")`,
  );
  expect(asked[0]).toContain('--since "@$s"');
});

test('a kubelet that said nothing of it is waited for', async () => {
  expect(await refusedManifest(saying(''), pod)).toBeUndefined();
});
