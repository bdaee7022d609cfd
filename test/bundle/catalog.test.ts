import { expect, test } from 'vitest';
import { wantedArtifacts } from '../../src/bundle/catalog.js';
import type { AddonObject } from '../../src/inventory/addons/addon.js';
import { inventoryWith } from './world.js';

const urlsOf = (spec: Readonly<Record<string, unknown>>) =>
  wantedArtifacts(inventoryWith(spec), ['arm64']).map((one) => {
    if (one.kind === 'image') return one.ref;
    return one.kind === 'extra-file'
      ? `${one.source} ${one.path}`
      : `${one.url} ${one.checksumUrl.slice(one.checksumUrl.lastIndexOf('/') + 1)}`;
  });

test('every artifact is asked for where upstream publishes it', () => {
  expect(urlsOf({})).toEqual([
    'https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubelet kubelet.sha256',
    'https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubectl kubectl.sha256',
    'https://github.com/containerd/containerd/releases/download/v2.3.7/containerd-2.3.7-linux-arm64.tar.gz containerd-2.3.7-linux-arm64.tar.gz.sha256sum',
    'https://github.com/opencontainers/runc/releases/download/v1.4.3/runc.arm64 runc.sha256sum',
    'https://github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-arm64-v1.9.1.tgz cni-plugins-linux-arm64-v1.9.1.tgz.sha256',
    'registry.k8s.io/kube-apiserver:v1.36.3',
    'registry.k8s.io/kube-controller-manager:v1.36.3',
    'registry.k8s.io/kube-scheduler:v1.36.3',
    'registry.k8s.io/etcd:3.6.11-0',
    'registry.k8s.io/pause:3.10.2',
    'registry.k8s.io/kube-proxy:v1.36.3',
    'registry.k8s.io/coredns/coredns:v1.14.2',
  ]);
});

test('the inventory chooses repositories, etcd’s image and the companions’ versions', () => {
  const urls = urlsOf({
    imageRepository: 'registry.example.com/k8s',
    etcd: { local: { imageRepository: 'quay.io/etcd', imageTag: 'v3.6.9' } },
    artifacts: { versions: { containerd: '2.1.0', runc: '1.3.0', cniPlugins: '1.8.0' } },
  });
  expect(urls.slice(2)).toEqual([
    expect.stringContaining('/v2.1.0/containerd-2.1.0-linux-arm64.tar.gz '),
    expect.stringContaining('/v1.3.0/runc.arm64 '),
    expect.stringContaining('/v1.8.0/cni-plugins-linux-arm64-v1.8.0.tgz '),
    'registry.example.com/k8s/kube-apiserver:v1.36.3',
    'registry.example.com/k8s/kube-controller-manager:v1.36.3',
    'registry.example.com/k8s/kube-scheduler:v1.36.3',
    'quay.io/etcd/etcd:v3.6.9',
    'registry.example.com/k8s/pause:3.10.2',
    'registry.example.com/k8s/kube-proxy:v1.36.3',
    'registry.example.com/k8s/coredns:v1.14.2',
  ]);
});

test('an architecture is wanted once, however many hosts have it', () => {
  const inventory = inventoryWith();
  expect(wantedArtifacts(inventory, ['amd64', 'amd64'])).toEqual(wantedArtifacts(inventory, ['amd64']));
});

test('what manifests of addons mention comes as well, under the name that the kubelet asks for', () => {
  const pod = (image: string): AddonObject => ({
    addon: 'shop',
    place: 'shop/a.yaml:1',
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [{ name: 'a', image }] },
    },
  });
  const digest = `sha256:${'a'.repeat(64)}`;
  const objects = [
    'nginx',
    `quay.io/cilium/cilium:v1@${digest}`,
    'registry.k8s.io/pause:3.10.2',
    '{{ image }}',
  ].map(pod);
  const inventory = { ...inventoryWith(), addons: [{ name: 'shop', network: false, installs: [], objects }] };
  const images = wantedArtifacts(inventory, ['arm64']).filter((one) => one.kind === 'image');
  expect(images.slice(-2)).toMatchObject([
    { ref: 'docker.io/library/nginx:latest', optional: true },
    { ref: `quay.io/cilium/cilium@${digest}`, optional: true },
  ]);
  expect(images.filter(({ ref }) => ref.includes('pause'))).toEqual([
    { kind: 'image', ref: 'registry.k8s.io/pause:3.10.2', arch: 'arm64' },
  ]);
});
