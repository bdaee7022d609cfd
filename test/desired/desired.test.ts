import { basename } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { type Artifact, extraFileVersion } from '../../src/desired/artifact.js';
import { wantedImages } from '../../src/desired/artifacts.js';
import { hardeningPlaces } from '../../src/desired/hardening/places.js';
import { effectOf, effectOfExtraFile, inputs, restartPaths } from '../../src/desired/pods/inputs.js';
import type { CertificateResource, UnitResource } from '../../src/desired/resource.js';
import { defaultTraits } from '../../src/desired/traits.js';
import { Failure } from '../../src/failure.js';
import { readFlag } from '../../src/kubernetes/flags.js';
import { authorityNames } from '../../src/pki/catalog.js';
import { certificatesOf } from '../../src/pki/certificate-spec.js';
import { Secret } from '../../src/secret.js';
import { desiredOf, hostOf, inputOf, podOf, resourceAt, textOf } from './desired-of.js';
import { fakeKeys } from './fake-keys.js';
import { controlPlane, inventoryOf, worker } from './inventory-of.js';

const version = { kubernetesVersion: 'v1.36.3' };
const three = inventoryOf({
  ...version,
  hosts: [controlPlane(1), controlPlane(2), controlPlane(3), worker(1)],
});
const virtualAddress = { address: '10.0.0.10', metricsPort: 2112 };
const state = desiredOf(three);
const pki = '/etc/kubernetes/pki';

test('the same input gives the same state', () => {
  expect(JSON.stringify(desiredOf(three))).toBe(JSON.stringify(state));
});

test('no private key is in the state as it prints', () => {
  const text = JSON.stringify(state);
  expect(text).not.toContain('PRIVATE KEY');
  for (const pairs of Object.values(fakeKeys(three.spec.hosts).hosts))
    for (const { key } of Object.values(pairs))
      expect(text).not.toContain(Buffer.from(key.reveal()).toString('base64'));
});

test('phases come in the order in which they run', () => {
  const order = [
    'binaries',
    'node',
    'images',
    'peers',
    'serving',
    'certificates',
    'control-plane',
    'cluster',
  ];
  for (const { resources } of state.hosts) {
    const phases = resources.map(({ phase }) => order.indexOf(phase));
    expect(phases).toEqual([...phases].sort());
  }
});

test('no path is wanted twice on a host', () => {
  for (const { resources } of state.hosts) {
    const paths = resources.flatMap((resource) => ('path' in resource ? [resource.path] : []));
    expect(new Set(paths).size).toBe(paths.length);
  }
});

describe('keys of authorities', () => {
  test('the cluster’s is on control planes, etcd’s and the front proxy’s on no host', () => {
    const keys = hostOf(state, 'cp-1').resources.flatMap((resource) =>
      resource.kind === 'certificate' && resource.key ? [resource.key.path] : [],
    );
    expect(keys).toContain(`${pki}/ca.key`);
    expect(keys).not.toContain(`${pki}/etcd/ca.key`);
    expect(keys).not.toContain(`${pki}/front-proxy-ca.key`);
  });

  test('a worker has the authority’s certificate and no key of it', () => {
    const certificates = hostOf(state, 'w-1').resources.filter(
      (resource): resource is CertificateResource => resource.kind === 'certificate',
    );
    expect(certificates.map(({ path, key }) => [path, key?.path])).toEqual([
      ['/var/lib/kubelet/pki/kubelet.crt', '/var/lib/kubelet/pki/kubelet.key'],
      [`${pki}/ca.crt`, undefined],
    ]);
  });

  test('an authority whose key is elsewhere is not signed with', () => {
    const keys = fakeKeys(three.spec.hosts, { externalAuthority: true });
    const external = desiredOf(three, { keys });
    expect((resourceAt(external, 'cp-1', `${pki}/ca.crt`) as CertificateResource).key).toBeUndefined();
    const { content } = podOf(external, 'cp-1', 'kube-controller-manager');
    expect(content).toContain('--cluster-signing-key-file=\n');
  });
});

test('every certificate of the catalog is on its host, as a file or in a kubeconfig', () => {
  for (const host of three.spec.hosts) {
    const names = hostOf(state, host.name).resources.flatMap((resource) => {
      if (resource.kind === 'certificate') return [resource.name];
      return resource.kind === 'file' && resource.path.endsWith('.conf') && resource.phase === 'certificates'
        ? [basename(resource.path, '.conf')]
        : [];
    });
    const authorities = host.roles.includes('worker') ? ['ca'] : authorityNames;
    expect(new Set(names)).toEqual(new Set([...authorities, ...certificatesOf(three, host)]));
  }
});

test('a host without a certificate is the keystore’s fault', () => {
  const keys = fakeKeys([controlPlane(1)]);
  expect(() => desiredOf(three, { keys })).toThrow(
    expect.objectContaining({ kind: 'keystore', where: { host: 'cp-2', phase: 'certificates' } }),
  );
});

describe('etcd', () => {
  test('members of a first bootstrap know each other', () => {
    const { content } = podOf(state, 'cp-2', 'etcd');
    expect(content).toContain(
      '--initial-cluster=cp-1=https://10.0.0.11:2380,cp-2=https://10.0.0.12:2380,cp-3=https://10.0.0.13:2380\n',
    );
    expect(content).not.toContain('initial-cluster-state');
  });

  test('a member stays as it was born, whoever comes and goes', () => {
    const settled = inputOf(three).settled;
    const smaller = inventoryOf({ ...version, hosts: [controlPlane(1), worker(1)] });
    expect(podOf(desiredOf(smaller, { settled }), 'cp-1', 'etcd')).toEqual(podOf(state, 'cp-1', 'etcd'));
  });

  test('a member that joined says so', () => {
    const settled = inputOf(three).settled;
    const joined = { initialCluster: 'cp-1=https://10.0.0.11:2380', state: 'existing' as const };
    const after = desiredOf(three, { settled: { ...settled, etcd: { ...settled.etcd, 'cp-1': joined } } });
    expect(podOf(after, 'cp-1', 'etcd').content).toContain('--initial-cluster-state=existing\n');
  });

  test('a member of unknown birth is a defect', () => {
    const settled = { ...inputOf(three).settled, etcd: {} };
    expect(() => desiredOf(three, { settled })).toThrow(Failure);
  });
});

describe('the revision', () => {
  const withKey = (host: string, name: string) => {
    const keys = fakeKeys(three.spec.hosts);
    const pair = { certificate: 'renewed', key: new Secret('renewed') };
    return { keys: { ...keys, hosts: { ...keys.hosts, [host]: { ...keys.hosts[host], [name]: pair } } } };
  };
  const changed = (rest: Parameters<typeof desiredOf>[1]) => {
    const after = desiredOf(three, rest);
    return ['cp-1', 'cp-2'].flatMap((host) =>
      ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']
        .filter((name) => podOf(after, host, name).revision !== podOf(state, host, name).revision)
        .map((name) => `${host} ${name}`),
    );
  };

  test.each([
    ['apiserver', []],
    ['etcd-server', []],
    ['etcd-peer', []],
    ['apiserver-etcd-client', []],
    ['front-proxy-client', []],
    ['scheduler', ['cp-1 kube-scheduler']],
    ['controller-manager', ['cp-1 kube-controller-manager']],
    ['admin', []],
    ['kubelet', []],
  ])('after a new certificate %s, %j must restart', (name, pods) => {
    expect(changed(withKey('cp-1', name))).toEqual(pods);
  });

  test('a new service account key restarts who signs and who checks', () => {
    const keys = fakeKeys(three.spec.hosts);
    const serviceAccount = { publicKey: 'new', privateKey: new Secret('new') };
    expect(changed({ keys: { ...keys, serviceAccount } })).toEqual([
      'cp-1 kube-apiserver',
      'cp-1 kube-controller-manager',
      'cp-2 kube-apiserver',
      'cp-2 kube-controller-manager',
    ]);
  });

  test('a new host changes no static pod of the others', () => {
    const more = inventoryOf({
      ...version,
      hosts: [controlPlane(1), controlPlane(2), controlPlane(3), worker(1), worker(2)],
    });
    const after = desiredOf(more, { settled: inputOf(three).settled });
    expect(hostOf(after, 'cp-1')).toEqual(hostOf(state, 'cp-1'));
  });

  test('is in the manifest', () => {
    const { content, revision } = podOf(state, 'cp-1', 'etcd');
    expect(revision).toMatch(/^[0-9a-f]{12}$/);
    expect(load(content)).toMatchObject({ metadata: { labels: { 'podstrap.io/revision': revision } } });
  });
});

describe('the table of inputs', () => {
  test('names each file of a component once', () => {
    const rows = inputs.map(({ by, path }) => `${by} ${path}`);
    expect(new Set(rows).size).toBe(rows.length);
  });

  test('names only files that podstrap writes', () => {
    const all = desiredOf({ ...three, spec: { ...three.spec, virtualAddress } });
    const written = new Set(
      ['cp-1', 'w-1']
        .flatMap((host) => hostOf(all, host).resources)
        .flatMap((resource) => [
          ...('path' in resource ? [resource.path] : []),
          ...(resource.kind === 'certificate' && resource.key ? [resource.key.path] : []),
        ]),
    );
    expect(inputs.map(({ path }) => path).filter((path) => !written.has(path))).toEqual([]);
  });

  test('covers every file of /etc/kubernetes that a manifest’s flags name', () => {
    const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
    for (const component of components) {
      const named = podOf(state, 'cp-1', component).content.matchAll(
        /--[a-z-]+=(\/etc\/kubernetes\/\S+\.\w+)$/gm,
      );
      for (const [flag, path] of named) {
        const own = effectOfExtraFile(component, [readFlag(flag)], path!);
        const effect = path!.startsWith(hardeningPlaces.folder) ? own : effectOf(component, path!);
        expect(`${path} ${effect}`).not.toMatch(/none$/);
      }
    }
  });

  test('makes the kubelet restart for its own files', () => {
    const unit = hostOf(state, 'w-1').resources.find(
      (resource): resource is UnitResource => resource.kind === 'unit' && resource.name === 'kubelet.service',
    )!;
    expect(unit.restartOn).toEqual(expect.arrayContaining([...restartPaths('kubelet')]));
  });
});

describe('the kubelet', () => {
  const config = (host: Partial<Parameters<typeof inventoryOf>[0]['hosts'][number]>, traits = {}) => {
    const inventory = inventoryOf({
      ...version,
      hosts: [{ ...controlPlane(1), ...host }],
      kubelet: { config: { maxPods: 100, evictionHard: { 'memory.available': '1Gi' } } },
    });
    const known = { 'cp-1': { ...defaultTraits({ name: 'cp-1' }), ...traits } };
    const after = desiredOf(inventory, { traits: known });
    return {
      text: textOf(after, 'cp-1', '/var/lib/kubelet/config.yaml'),
      unit: textOf(after, 'cp-1', '/etc/systemd/system/kubelet.service'),
    };
  };

  test('of a host is the cluster’s, then the host’s', () => {
    const { text } = config({ kubelet: { config: { maxPods: 5, clusterDNS: null }, extraArgs: [] } });
    expect(text).toContain('maxPods: 5\n');
    expect(text).toContain('memory.available: 1Gi\n');
    expect(text).not.toContain('clusterDNS');
  });

  test('of a control plane registers with kubeadm’s taint, of one that is also a worker without', () => {
    expect(config({}).text).toContain('key: node-role.kubernetes.io/control-plane\n');
    expect(config({ roles: ['control-plane', 'worker'] }).text).not.toContain('registerWithTaints');
    expect(config({ taints: [] }).text).not.toContain('registerWithTaints');
  });

  test('is told of a resolver that pods can reach', () => {
    const resolvConf = '/run/systemd/resolve/resolv.conf';
    expect(config({}, { resolvConf }).text).toContain(`resolvConf: ${resolvConf}\n`);
  });

  test('is told its name where the host has another', () => {
    expect(config({}).unit).not.toContain('hostname-override');
    expect(config({}, { hostname: 'CP-1' }).unit).not.toContain('hostname-override');
    expect(config({}, { hostname: 'ip-10-0-0-11' }).unit).toContain('--hostname-override=cp-1 \\\n');
  });

  test('of a control plane talks to its own API server, of a worker to its balancer, or to the endpoint', () => {
    const server = (host: string, of = state) => {
      const resource = resourceAt(of, host, '/etc/kubernetes/kubelet.conf');
      const content = resource?.kind === 'file' ? (resource.content as Secret).reveal() : '';
      return /server: "?([^"\n]+)/.exec(content)?.[1];
    };
    expect(server('cp-2')).toBe('https://10.0.0.12:6443');
    expect(server('w-1')).toBe('https://127.0.0.1:6443');
    const without = inventoryOf({
      ...version,
      hosts: [controlPlane(1), worker(1)],
      loadBalancer: { type: 'none' },
    });
    expect(server('w-1', desiredOf(without))).toBe('https://10.0.0.11:6443');
  });
});

describe('artifacts', () => {
  const image = (ref: string): Artifact => ({
    kind: 'image',
    ref,
    arch: 'amd64',
    digest: `sha256:${ref}`,
    size: 1,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    blobs: [{ sha256: ref, size: 1 }],
  });
  const kubelet = (arch: 'amd64' | 'arm64'): Artifact => ({
    kind: 'binary',
    name: 'kubelet',
    version: 'v1.36.3',
    arch,
    path: '/usr/local/bin/kubelet',
    mode: 0o755,
    sha256: arch,
    size: 1,
  });
  const all = [...new Set(three.spec.hosts.flatMap((host) => wantedImages({ inventory: three, host })))].map(
    image,
  );

  test('every host gets the images and files of the user’s own', () => {
    const extraImages = ['ghcr.io/example/network:v1.2.3'];
    const inventory = {
      ...three,
      spec: { ...three.spec, artifacts: { ...three.spec.artifacts, extraImages } },
    };
    const extra: Artifact = {
      kind: 'binary',
      name: 'network.yaml',
      version: extraFileVersion,
      arch: 'amd64',
      path: '/etc/example/network.yaml',
      mode: 0o644,
      sha256: 'e',
      size: 1,
    };
    const state = desiredOf(inventory, { artifacts: [...all, ...extraImages.map(image), extra] });
    for (const { host } of state.hosts) {
      const own = hostOf(state, host).resources.filter(({ because }) => /extra(Images|Files)$/.test(because));
      expect(own.map((one) => ('ref' in one ? one.ref : 'path' in one && one.path))).toEqual([
        '/etc/example/network.yaml',
        'ghcr.io/example/network:v1.2.3',
      ]);
    }
    const inTheWay = { ...extra, path: '/etc/containerd/config.toml' };
    expect(() => desiredOf(inventory, { artifacts: [...all, ...extraImages.map(image), inTheWay] })).toThrow(
      '/etc/containerd/config.toml is wanted twice',
    );
  });

  test('a host gets the binaries of its architecture and the images that it runs', () => {
    const after = desiredOf(three, { artifacts: [...all, kubelet('amd64'), kubelet('arm64')] });
    const of = (host: string, kind: string) =>
      hostOf(after, host).resources.flatMap((resource) =>
        resource.kind !== kind
          ? []
          : resource.kind === 'image'
            ? resource.ref
            : resource.kind === 'binary'
              ? resource.sha256
              : [],
      );
    expect(of('w-1', 'image')).toEqual([
      'registry.k8s.io/pause:3.10.2',
      'docker.io/library/haproxy:3.2.24-alpine',
      'registry.k8s.io/kube-proxy:v1.36.3',
      'registry.k8s.io/coredns/coredns:v1.14.2',
    ]);
    expect(of('cp-1', 'image')).toHaveLength(7);
    expect(of('cp-1', 'binary')).toEqual(['amd64']);
  });

  test('an image that is not there is found out before anything is done', () => {
    expect(() => desiredOf(three, { artifacts: all.slice(1) })).toThrow(
      expect.objectContaining({ kind: 'artifact' }),
    );
  });
});
