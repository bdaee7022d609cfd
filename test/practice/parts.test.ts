import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootOrder } from '../../src/practice/boot-script.js';
import { parseTarget } from '../../src/practice/components/api-resources.js';
import { type Json, merge, ownedFields, prune } from '../../src/practice/components/server-side-apply.js';
import { hostPathOf, parseStaticPod } from '../../src/practice/kubelet/static-pod.js';
import { PracticeNetwork } from '../../src/practice/network.js';
import { makeSshKey } from '../../src/transport/ssh/make-key.js';

describe('the order of units at boot', () => {
  const unit = (name: string, after: string[] = [], before: string[] = []) => ({ name, after, before });

  test('follows After= and Before=', () => {
    const units = [unit('kubelet', ['containerd']), unit('containerd'), unit('heal', [], ['kubelet'])];
    expect(bootOrder(units)).toEqual(['containerd', 'heal', 'kubelet']);
  });

  test('survives a circle', () => {
    expect(bootOrder([unit('a', ['b']), unit('b', ['a'])]).sort()).toEqual(['a', 'b']);
  });
});

describe('a static pod', () => {
  const text = `
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: kube-system }
spec:
  containers:
  - name: c
    image: i
    volumeMounts: [{ name: pki, mountPath: /etc/pki }, { name: one, mountPath: /etc/pki/one }]
  volumes:
  - { name: pki, hostPath: { path: /srv/pki } }
  - { name: one, hostPath: { path: /srv/other, type: File } }
`;
  const pod = parseStaticPod(text, '/m/p.yaml', 'node', 'v1.36.3');

  test.each([
    ['/etc/pki/ca.crt', '/srv/pki/ca.crt'],
    ['/etc/pki', '/srv/pki'],
    ['/etc/pki/one', '/srv/other'],
    ['/etc/pkix', undefined],
    ['/var', undefined],
  ])('sees %s of its container at %s of the host', (inside, outside) => {
    expect(hostPathOf(pod, pod.containers[0]!, inside)).toBe(outside);
  });

  test('is another one when its manifest, place, node or the minor of its kubelet is', () => {
    const uids = [
      pod,
      parseStaticPod(text, '/m/p.yaml', 'other', 'v1.36.3'),
      parseStaticPod(text, '/m/q.yaml', 'node', 'v1.36.3'),
      parseStaticPod(`${text}#`, '/m/p.yaml', 'node', 'v1.36.3'),
      parseStaticPod(text, '/m/p.yaml', 'node', 'v1.37.0'),
    ];
    expect(new Set(uids.map(({ uid }) => uid)).size).toBe(5);
    expect(parseStaticPod(text, '/m/p.yaml', 'node', 'v1.36.4').uid).toBe(pod.uid);
  });

  test.each([
    '',
    'kind: Pod',
    'a: [',
    text.replace('name: c', 'x: y'),
    text.replace('- { name: pki', '- { name: pkx'),
  ])('is not what cannot be one (%#)', (wrong) => {
    expect(() => parseStaticPod(wrong, '/m/p.yaml', 'node', 'v1.36.3')).toThrow();
  });
});

describe('the practice network', () => {
  const one = { name: 'one', address: '10.0.0.1' };
  const two = { name: 'two', address: '10.0.0.2' };
  const take = () => undefined;

  test('keeps loopback to its host and addresses to all', () => {
    const network = new PracticeNetwork(() => undefined);
    network.listen(one, '0.0.0.0', 6443, 'api', take);
    expect(network.find(one, '127.0.0.1', 6443)).toBe(take);
    expect(network.find(two, '10.0.0.1', 6443)).toBe(take);
    expect(network.find(two, '127.0.0.1', 6443)).toBeUndefined();
  });

  test('gives a port to one program only, and takes it back', () => {
    const network = new PracticeNetwork(() => undefined);
    const end = network.listen(one, '127.0.0.1', 2379, 'etcd', take);
    expect(() => network.listen(one, '::', 2379, 'other', take)).toThrow(/already in use/);
    expect(() => network.listen(one, '10.0.0.9', 1, 'other', take)).toThrow(/cannot assign/);
    end();
    network.listen(one, '::', 2379, 'other', take);
    expect(network.describe(one)).toMatch(/^LISTEN .*\*:2379 .*"other"/);
  });
});

test.each([
  ['/api/v1/nodes/n', 'nodes', undefined, 'n'],
  ['/api/v1/namespaces/kube-system', 'namespaces', undefined, 'kube-system'],
  ['/api/v1/namespaces/kube-system/configmaps/c', 'configmaps', 'kube-system', 'c'],
  ['/apis/apps/v1/daemonsets', 'daemonsets', undefined, undefined],
])('%s addresses %s', (path, plural, namespace, name) => {
  expect(parseTarget(path)).toMatchObject({ resource: { plural }, namespace, name });
});

test.each([
  '/api/v1/nodez',
  '/apis/rbac/v1/roles',
  '/api/v1/configmaps/c',
  '/api/v1/namespaces/n/nodes/x',
  '/version',
])('%s addresses nothing', (path) => {
  expect(parseTarget(path)).toBeUndefined();
});

test('every SSH key that is made can be read', () => {
  for (let n = 0; n < 600; n++) expect(makeSshKey().line).toMatch(/^ssh-ed25519 AAAA\S+$/);
});

test('who applies something and then nothing leaves nothing behind', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.array(fc.integer()));
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, leaf, tie('tree')), { minKeys: 1 }),
  }));
  fc.assert(
    fc.property(tree, (applied) => {
      const owned = ownedFields({ data: applied });
      const object = merge({}, { data: applied }, false) as Json;
      prune(object, owned, {}, []);
      expect(object).toEqual({});
    }),
  );
});
