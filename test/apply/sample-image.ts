import { createHash } from 'node:crypto';
import type { ImageArtifact } from '../../src/desired/artifact.js';

const sha256Of = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** A small image for this machine: what a host is told of it, and its blobs. */
export interface SampleImage {
  readonly artifact: ImageArtifact;
  readonly blobs: readonly Buffer[];
}

/** @param layers what is in its layers */
export function sampleImage(ref: string, layers: readonly Buffer[] = [Buffer.from('a layer')]): SampleImage {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const describe = (type: string, content: Buffer) => ({
    mediaType: type,
    digest: `sha256:${sha256Of(content)}`,
    size: content.length,
  });
  const config = Buffer.from(JSON.stringify({ architecture: arch, os: 'linux' }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: layers.map((layer) => describe('application/vnd.oci.image.layer.v1.tar', layer)),
    }),
  );
  const blobs = [manifest, config, ...layers];
  return {
    blobs,
    artifact: {
      kind: 'image',
      ref,
      arch,
      digest: `sha256:${sha256Of(manifest)}`,
      size: blobs.reduce((sum, { length }) => sum + length, 0),
      mediaType,
      blobs: blobs.map((content) => ({ sha256: sha256Of(content), size: content.length })),
    },
  };
}
