import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { resolveArtifacts } from '../../src/bundle/artifacts.js';
import { sha256Of } from '../../src/bundle/cache.js';
import { directoryContent, inventoryMirrors } from '../../src/practice/upstream/upstream.js';
import { bytesOf, contentOf, inventoryWith, nameOf, scratch, upstreamOf } from './world.js';

test('a directory of real builds is served as upstream would serve it', async () => {
  const dist = await distOf();
  const work = await scratch();
  const upstream = await upstreamOf(await directoryContent({ dist, work, arch: 'amd64' }));
  const artifacts = await resolveArtifacts({
    inventory: inventoryWith({ artifacts: inventoryMirrors(upstream.url) }),
    archs: ['amd64'],
    cacheDirectory: await scratch(),
    environment: {},
    retryDelays: [],
  });
  expect(artifacts.list.map(nameOf)).toEqual([
    ...['bin/kubelet', 'bin/kubectl', 'bin/containerd', 'bin/ctr', 'bin/containerd-shim-runc-v2'].map(
      (name) => `/usr/local/${name}`,
    ),
    '/usr/local/sbin/runc',
    '/opt/cni/bin/bridge',
    '/opt/cni/bin/host-local',
    'registry.k8s.io/kube-apiserver:v1.36.3',
    'registry.k8s.io/kube-controller-manager:v1.36.3',
    'registry.k8s.io/kube-scheduler:v1.36.3',
    'registry.k8s.io/etcd:3.6.11-0',
    'registry.k8s.io/pause:3.10.2',
    'registry.k8s.io/kube-proxy:v1.36.3',
    'registry.k8s.io/coredns/coredns:v1.14.2',
  ]);
  for (const one of artifacts.list)
    if (one.kind === 'binary')
      expect((await contentOf(artifacts, one)).toString()).toBe(`this is ${one.name}`.repeat(1000));
    else expect((await contentOf(artifacts, one)).toString('latin1')).toContain(`layer of ${one.ref}`);
  expect((await readdir(work)).length).toBe(2);
});

test('archives are made once, and again when a binary changes', async () => {
  const dist = await distOf();
  const work = await scratch();
  await directoryContent({ dist, work });
  const first = await readdir(work);
  await directoryContent({ dist, work });
  expect(await readdir(work)).toEqual(first);
  await writeFile(join(dist, 'ctr-v2.3.7', 'ctr'), 'built anew');
  await directoryContent({ dist, work });
  expect((await readdir(work)).length).toBe(3);
});

/** A directory as the lab's build leaves it, log files and all. */
async function distOf(): Promise<string> {
  const dist = await scratch();
  const put = async (path: string, content: string | Buffer) => {
    await mkdir(join(dist, dirname(path)), { recursive: true });
    await writeFile(join(dist, path), content);
  };
  const builds = ['containerd-v2.3.7', 'ctr-v2.3.7', 'containerd-shim-runc-v2-v2.3.7', 'runc-v1.4.3'];
  for (const build of [...builds, 'bridge-v1.9.1', 'host-local-v1.9.1', 'etcd-v3.6.16']) {
    const name = build.replace(/-v[0-9.]+$/, '');
    await put(`${build}/${name}`, `this is ${name}`.repeat(1000));
    await put(`${build}/go.mod`, 'module x');
  }
  for (const name of ['kubelet', 'kubectl', 'kubeadm'])
    await put(`kubernetes-v1.36.3/${name}`, `this is ${name}`.repeat(1000));
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'])
    await put(`images/${name}-v1.36.3.tar`, await dockerArchive(`registry.k8s.io/${name}:v1.36.3`));
  await put('images/etcd-3.6.11-0.tar', await dockerArchive('registry.k8s.io/etcd:3.6.11-0'));
  await put('images/coredns-v1.14.2.tar', await dockerArchive('registry.k8s.io/coredns/coredns:v1.14.2'));
  await put('images/pause-3.10.2.tar', await dockerArchive('registry.k8s.io/pause:3.10.2'));
  await put('images/iptables-root.tar', 'not an image');
  await put('images/pause', 'a binary');
  return dist;
}

/** An image of one layer as `docker save` writes it. */
function dockerArchive(ref: string): Promise<Buffer> {
  const layer = `layer of ${ref}`;
  const digest = sha256Of(layer);
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  });
  const manifest = [{ Config: 'c.json', RepoTags: [ref], Layers: [`${digest}/layer.tar`] }];
  const tar = pack();
  tar.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
  tar.entry({ name: 'c.json' }, config);
  tar.entry({ name: `${digest}/`, type: 'directory' });
  tar.entry({ name: `${digest}/layer.tar` }, layer);
  tar.finalize();
  return bytesOf(tar as AsyncIterable<Uint8Array>);
}
