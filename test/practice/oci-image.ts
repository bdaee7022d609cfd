import { createHash } from 'node:crypto';
import { pack } from 'tar-stream';

const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const oci = 'application/vnd.oci.image';

export interface OciImage {
  readonly digest: string;
  readonly bytes: number;
  readonly tar: Buffer;
}

export interface ImageFlaws {
  /** Content of the layer as it travels, when it is not what its digest says. */
  readonly damaged?: boolean;
  readonly arch?: string;
  readonly withoutLayer?: boolean;
}

/** The smallest image there is, as an OCI image layout in a tar. */
export async function ociImage(ref: string, flaws: ImageFlaws = {}): Promise<OciImage> {
  const arch = flaws.arch ?? (process.arch === 'x64' ? 'amd64' : process.arch);
  const layer = Buffer.from(`layer of ${ref}`);
  const config = Buffer.from(JSON.stringify({ architecture: arch, os: 'linux' }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: { mediaType: `${oci}.config.v1+json`, digest: `sha256:${hex(config)}`, size: config.length },
      layers: [{ mediaType: `${oci}.layer.v1.tar`, digest: `sha256:${hex(layer)}`, size: layer.length }],
    }),
  );
  const digest = `sha256:${hex(manifest)}`;
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: `${oci}.manifest.v1+json`,
        digest,
        size: manifest.length,
        annotations: { 'io.containerd.image.name': ref },
      },
    ],
  };
  const tar = pack();
  tar.entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}');
  tar.entry({ name: 'index.json' }, JSON.stringify(index, null, 2));
  for (const blob of [config, manifest]) tar.entry({ name: `blobs/sha256/${hex(blob)}` }, blob);
  if (!flaws.withoutLayer)
    tar.entry({ name: `blobs/sha256/${hex(layer)}` }, flaws.damaged ? Buffer.from('other') : layer);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return { digest, bytes: config.length + manifest.length + layer.length, tar: Buffer.concat(parts) };
}
