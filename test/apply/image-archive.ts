import { createHash } from 'node:crypto';

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** One 512-byte header of a tar (ustar) and the content, padded. */
function entry(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** An OCI image layout of one small image for this machine, as a tar. */
export function imageArchive(ref: string): { readonly tar: Buffer; readonly digest: string } {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const layer = Buffer.from('a layer');
  const config = Buffer.from(JSON.stringify({ architecture, os: 'linux' }));
  const describe = (mediaType: string, content: Buffer) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [describe('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
  const named = {
    ...describe('application/vnd.oci.image.manifest.v1+json', manifest),
    annotations: { 'io.containerd.image.name': ref },
  };
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  const blob = (content: Buffer) => entry(`blobs/${digestOf(content).replace(':', '/')}`, content);
  const tar = Buffer.concat([
    entry('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
    entry('index.json', index),
    blob(layer),
    blob(config),
    blob(manifest),
    Buffer.alloc(1024),
  ]);
  return { tar, digest: digestOf(manifest) };
}
