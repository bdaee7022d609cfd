import { expect, test } from 'vitest';
import { needsOf } from '../../src/desired/needs.js';
import { desiredOf } from './desired-of.js';
import { controlPlane, inventoryOf, worker } from './inventory-of.js';

const base = {
  kubernetesVersion: 'v1.36.3',
  controlPlaneEndpoint: '10.0.0.9',
  hosts: [controlPlane(1), worker(1)],
};

test('what manifests, units and containerd’s configuration name is needed', () => {
  expect(needsOf(desiredOf(inventoryOf(base)))).toEqual({
    images: [
      'docker.io/library/haproxy:3.2.24-alpine',
      'registry.k8s.io/coredns/coredns:v1.14.2',
      'registry.k8s.io/etcd:3.6.11-0',
      'registry.k8s.io/kube-apiserver:v1.36.3',
      'registry.k8s.io/kube-controller-manager:v1.36.3',
      'registry.k8s.io/kube-proxy:v1.36.3',
      'registry.k8s.io/kube-scheduler:v1.36.3',
      'registry.k8s.io/pause:3.10.2',
    ],
    programs: ['/usr/local/bin/containerd', '/usr/local/bin/kubelet'],
  });
});

test('images of patches, of objects’ pods and of another sandbox are needed, too', () => {
  const sandbox = 'registry.example.com/pause:3.9';
  const content = { spec: { initContainers: [{ name: 'wait', image: 'example.com/wait:v1' }] } };
  const inventory = inventoryOf(
    {
      ...base,
      containerd: { config: { plugins: { 'io.containerd.cri.v1.images': { pinned_images: { sandbox } } } } },
    },
    [{ target: 'etcd', type: 'strategic', file: 'etcd.yaml', content }],
  );
  const state = desiredOf(inventory);
  const pod = { spec: { containers: [{ name: 'agent', image: 'example.com/agent:v2' }] } };
  const object = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: { template: pod },
  };
  const { images } = needsOf({ ...state, objects: [...state.objects, object] });
  expect(images).toEqual(expect.arrayContaining([sandbox, 'example.com/wait:v1', 'example.com/agent:v2']));
});
