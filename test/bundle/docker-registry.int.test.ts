import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished } from 'vitest';
import { resolveArtifacts } from '../../src/bundle/artifacts.js';
import { sha256Of } from '../../src/bundle/cache.js';
import {
  inventoryMirrors,
  practiceContent,
  type UpstreamContent,
} from '../../src/practice/upstream/upstream.js';
import { needing } from '../programs/needing.js';
import { bytesOf, inventoryWith, readBlob, scratch, upstreamOf } from './world.js';

const username = 'ann';
const password = 'correct horse';
const htpasswd = 'ann:$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n';
const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

needing('docker-registry').test(
  'images come from a real registry that wants a password, in OCI’s and in Docker’s formats',
  async () => {
    const registry = await startRegistry();
    const spec = { imageRepository: `${registry}/k8s` };
    const content = await practiceContent(inventoryWith(spec), { padding: 100_000 });
    await push(registry, content);
    const upstream = await upstreamOf(content);
    const registries = { [registry]: { username, password, insecure: true } };
    const artifacts = { ...inventoryMirrors(upstream.url), registries };
    const options = {
      archs: ['amd64', 'arm64'] as const,
      cacheDirectory: await scratch(),
      environment: {},
      retryDelays: [],
    };
    const resolved = await resolveArtifacts({ ...options, inventory: inventoryWith({ ...spec, artifacts }) });
    const images = resolved.list.filter((one) => one.kind === 'image');
    expect(images.map(({ ref, arch }) => `${ref} ${arch}`)).toContain(`${registry}/k8s/pause:3.10.2 arm64`);
    for (const image of images) {
      const [manifest] = image.blobs;
      expect(`sha256:${sha256Of(await bytesOf(readBlob(manifest!, resolved)))}`).toBe(image.digest);
    }
    const wrong = { [registry]: { username, password: 'wrong', insecure: true } };
    const refused = inventoryWith({ ...spec, artifacts: { ...artifacts, registries: wrong } });
    await expect(
      resolveArtifacts({ ...options, cacheDirectory: await scratch(), inventory: refused }),
    ).rejects.toMatchObject({ failures: { length: 7 } });
  },
);

/** Starts a registry with storage of its own. Gives its host:port. */
async function startRegistry(): Promise<string> {
  const directory = await scratch();
  const passwords = join(directory, 'htpasswd');
  const config = join(directory, 'config.yml');
  await writeFile(passwords, htpasswd);
  await writeFile(
    config,
    JSON.stringify({
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(directory, 'storage') } },
      http: { addr: '127.0.0.1:0', secret: 'test' },
      auth: { htpasswd: { realm: 'test', path: passwords } },
    }),
  );
  const registry = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => stop(registry));
  for await (const line of createInterface(registry.stderr)) {
    const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address === undefined) continue;
    registry.stderr.resume();
    return address;
  }
  throw new Error('the registry ended');
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** Pushes every image by HTTP; those of etcd as Docker manifests of version 2, schema 2, and pause as an index in an index. */
async function push(registry: string, content: UpstreamContent): Promise<void> {
  for (const [name, digest] of content.tags) {
    const [repository = '', tag = ''] = name.split(':');
    const index = JSON.parse(content.manifests.get(digest)!.bytes.toString());
    const docker = repository.endsWith('/etcd');
    for (const descriptor of index.manifests) {
      const manifest = JSON.parse(content.manifests.get(descriptor.digest)!.bytes.toString());
      for (const blob of [manifest.config, ...manifest.layers])
        await pushBlob(
          registry,
          repository,
          blob.digest,
          await bytesOf(content.blobs.get(blob.digest)!.read(0)),
        );
      const bytes = Buffer.from(JSON.stringify(docker ? inDockerTerms(manifest) : manifest));
      descriptor.digest = `sha256:${sha256Of(bytes)}`;
      descriptor.size = bytes.length;
      await pushManifest(registry, repository, descriptor.digest, bytes);
    }
    let bytes = Buffer.from(JSON.stringify(docker ? inDockerTerms(index) : index));
    if (repository.endsWith('/pause')) {
      const digest = `sha256:${sha256Of(bytes)}`;
      await pushManifest(registry, repository, digest, bytes);
      const { schemaVersion, mediaType } = index;
      const manifests = [{ mediaType, digest, size: bytes.length }];
      bytes = Buffer.from(JSON.stringify({ schemaVersion, mediaType, manifests }));
    }
    await pushManifest(registry, repository, tag, bytes);
  }
}

const inDockerTerms = (document: unknown): unknown =>
  JSON.parse(
    JSON.stringify(document)
      .replaceAll(
        'application/vnd.oci.image.index.v1+json',
        'application/vnd.docker.distribution.manifest.list.v2+json',
      )
      .replaceAll(
        'application/vnd.oci.image.manifest.v1+json',
        'application/vnd.docker.distribution.manifest.v2+json',
      )
      .replaceAll(
        'application/vnd.oci.image.config.v1+json',
        'application/vnd.docker.container.image.v1+json',
      )
      .replaceAll(
        'application/vnd.oci.image.layer.v1.tar+gzip',
        'application/vnd.docker.image.rootfs.diff.tar.gzip',
      ),
  );

async function pushBlob(registry: string, repository: string, digest: string, bytes: Buffer): Promise<void> {
  const started = await fetch(`http://${registry}/v2/${repository}/blobs/uploads/`, {
    method: 'POST',
    headers: { authorization },
  });
  const where = new URL(started.headers.get('location')!, `http://${registry}`);
  where.searchParams.set('digest', digest);
  const headers = { authorization, 'content-type': 'application/octet-stream' };
  const put = await fetch(where, { method: 'PUT', headers, body: new Uint8Array(bytes) });
  expect(put.status).toBe(201);
}

async function pushManifest(
  registry: string,
  repository: string,
  reference: string,
  bytes: Buffer,
): Promise<void> {
  const { mediaType } = JSON.parse(bytes.toString());
  const put = await fetch(`http://${registry}/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': mediaType },
    body: new Uint8Array(bytes),
  });
  expect(put.status, await put.text()).toBe(201);
}
