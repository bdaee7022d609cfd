import { load } from 'js-yaml';
import { describe, expect, it, test } from 'vitest';
import { defaultTraits } from '../../src/desired/traits.js';
import { optionalCaDirectories } from '../../src/host/ca-directories.js';
import { ownMounts } from '../../src/inventory/rules/own-mounts.js';
import {
  type FlaggedProgram,
  fieldsOf,
  flagsOf,
  gatesOf,
  isTypeName,
  type TypeName,
} from '../../src/kubernetes/known.js';
import { apiTypes } from '../../src/kubernetes/known-api-types.js';
import { knownFlags, knownMinors } from '../../src/kubernetes/known-flags.js';
import { components } from '../../src/kubernetes/pod-names.js';
import { removals } from '../../src/kubernetes/removals.js';
import { desiredOf, madeEarlier, podOf } from '../desired/desired-of.js';
import { inventoryOf as composedInventory, controlPlane } from '../desired/inventory-of.js';
import { complaintsAbout, documentWith, filesOf, inventoryOf, problemsOf } from './sample.js';

const host = { name: 'cp-1', address: '192.0.2.11', roles: ['control-plane'] };
const volume = { name: 'a', hostPath: '/srv/a', mountPath: '/srv/a' };

describe('what Kubernetes refuses is refused before any connection', () => {
  it.each([
    [
      'a node whose name is no label',
      { hosts: [{ ...host, name: `${'n'.repeat(40)}.${'m'.repeat(40)}` }] },
      'spec.hosts[0].name',
    ],
    [
      'two taints of one key and effect',
      {
        hosts: [
          {
            ...host,
            taints: [
              { key: 'a', value: 'x', effect: 'NoSchedule' },
              { key: 'a', value: 'y', effect: 'NoSchedule' },
            ],
          },
        ],
      },
      'spec.hosts[0].taints[1]',
    ],
    [
      'two mounts at one path',
      { apiServer: { extraVolumes: [volume, { ...volume, name: 'b', mountPath: '/srv/./a/' }] } },
      'spec.apiServer.extraVolumes[1].mountPath',
    ],
    [
      'a mount at one of podstrap’s own',
      { scheduler: { extraVolumes: [{ ...volume, mountPath: '/etc/kubernetes/scheduler.conf' }] } },
      'spec.scheduler.extraVolumes[0].mountPath',
    ],
    ['an unknown field of the kubelet', { kubelet: { config: { maxPod: 5 } } }, 'spec.kubelet.config.maxPod'],
    ['a value of another type', { kubelet: { config: { maxPods: '5' } } }, 'spec.kubelet.config.maxPods'],
    [
      'a value out of range',
      { kubelet: { config: { oomScoreAdj: 2000 } } },
      'spec.kubelet.config.oomScoreAdj',
    ],
    [
      'thresholds in the wrong order',
      { kubelet: { config: { imageGCHighThresholdPercent: 50 } } },
      'spec.kubelet.config.imageGCHighThresholdPercent',
    ],
    [
      'an unknown field of kube-proxy',
      { kubeProxy: { config: { iptables: { masqueradeAl: true } } } },
      'spec.kubeProxy.config.iptables.masqueradeAl',
    ],
    [
      'a flag that went long ago',
      { apiServer: { extraArgs: [{ name: 'insecure-port', value: '0' }] } },
      'spec.apiServer.extraArgs[0].name',
    ],
    [
      'a feature gate that went long ago',
      { controllerManager: { extraArgs: [{ name: 'feature-gates', value: 'TTLAfterFinished=true' }] } },
      'spec.controllerManager.extraArgs[0].value',
    ],
    [
      'a setting of a unit that is two lines',
      { kubelet: { unit: { Service: { Environment: 'A=1\nExecStartPre=/bin/x' } } } },
      'spec.kubelet.unit.Service.Environment',
    ],
    [
      'a flag of the kubelet that is two lines',
      { kubelet: { extraArgs: [{ name: 'v', value: '2\n3' }] } },
      'spec.kubelet.extraArgs[0].value',
    ],
    ['a tag that is none', { etcd: { local: { imageTag: 'a b' } } }, 'spec.etcd.local.imageTag'],
  ])('%s', (_title, spec, path) => {
    const errors = problemsOf(documentWith(spec)).filter(({ severity }) => severity === 'error');
    expect(errors.map((problem) => problem.path)).toEqual([path]);
  });

  it('says which field was meant', () => {
    const [problem] = problemsOf(documentWith({ kubelet: { config: { maxPod: 5 } } }));
    expect(problem).toMatchObject({ found: 'unknown field', hint: 'did you mean "maxPods"?' });
  });

  it('says which flag was meant', () => {
    const [problem] = problemsOf(
      documentWith({ apiServer: { extraArgs: [{ name: 'audit-log-paht', value: '-' }] } }),
    );
    expect(problem?.hint).toBe('did you mean "audit-log-path"?');
  });
});

test('a block of noProxy is one line of a unit', () => {
  const inventory = inventoryOf(
    documentWith({
      proxy: { httpsProxy: 'http://proxy:3128', noProxy: 'a.example\nb.example,\nc.example\n' },
    }),
  );
  const [env] = /NO_PROXY[^"]*/.exec(unitOf(inventory)) ?? [];
  expect(env).toMatch(/^NO_PROXY=a\.example,b\.example,c\.example,/);
});

const unitOf = (inventory: ReturnType<typeof inventoryOf>): string =>
  desiredOf(inventory).hosts[0]!.resources.flatMap((one) =>
    one.kind === 'file' && one.path.endsWith('/kubelet.service') ? [String(one.content)] : [],
  )[0]!;

describe('free values are read as Kubernetes reads them', () => {
  it.each([
    ['no', false],
    ['off', false],
    ['yes', true],
    ['"no"', 'no'],
    ['0110', 72],
    ['1_000', 1000],
    ['on', true],
    ['', null],
    ['!!str no', 'no'],
  ])('%s in kubelet.config', (written, value) => {
    const text = documentWith({}).replace(
      'spec:',
      `spec:\n  containerd: { config: { some: { field: ${written} } } }`,
    );
    expect(inventoryOf(text).spec.containerd.config).toEqual({ some: { field: value } });
  });

  it('but fields of the inventory as YAML 1.2 has them', () => {
    const text = documentWith({}).replace('prod', 'no');
    expect(inventoryOf(text).metadata.name).toBe('no');
  });

  it('in patches, too', () => {
    const files = filesOf({
      '/inventory/patches/kubeletconfiguration.yaml': 'failSwapOn: off\n---\nmaxPods: 0110\n',
    });
    const inventory = inventoryOf(documentWith({ patches: { directory: 'patches' } }), { files });
    expect(inventory.patches.map(({ content }) => content)).toEqual([{ failSwapOn: false }, { maxPods: 72 }]);
    expect(inventory.sources.map(({ path }) => path)).toEqual([
      'cluster.yaml',
      'patches/kubeletconfiguration.yaml',
    ]);
  });
});

describe('patches', () => {
  it.each([
    ['kube-scheduler.yaml', 'spec: { contaners: [] }', 'unknown field at spec.contaners'],
    ['kube-scheduler+merge.yaml', 'spec: { priority: high }', 'a value that does not fit at spec.priority'],
    [
      'kube-scheduler.yaml',
      'spec: { volumes: [{ name: x, secret: { secretName: keys } }] }',
      'what only the API has, which a static pod cannot reach at spec.volumes.0.secret',
    ],
    ['kubeletconfiguration+json.yaml', '[{ op: add, path: /maxPod, value: 5 }]', 'unknown field at maxPod'],
    [
      'etcd+json.yaml',
      '[{ op: replace, path: /spec/containers/0/resources/limits, value: { memory: lots } }]',
      'a value that does not fit at spec.containers.0.resources.limits.memory',
    ],
  ])('%s with %s', (name, text, found) => {
    const files = filesOf({ [`/inventory/patches/${name}`]: text });
    expect(complaintsAbout(documentWith({ patches: { directory: 'patches' } }), { files })).toEqual([
      `spec.patches.directory: ${found}`,
    ]);
  });

  it('may have directives and take away', () => {
    const files = filesOf({
      '/inventory/patches/kube-scheduler.yaml':
        'spec: { priority: null, volumes: [{ name: kubeconfig, $patch: delete }] }',
    });
    expect(complaintsAbout(documentWith({ patches: { directory: 'patches' } }), { files })).toEqual([]);
  });
});

describe('folders of extraFiles', () => {
  const volumesOf = (...folders: readonly string[]) => {
    const extraFiles = folders.map((folder) => ({ source: 'own.txt', path: `/etc/kubernetes/${folder}/f` }));
    const inventory = inventoryOf(documentWith({ scheduler: { extraFiles } }), {
      files: filesOf({ '/inventory/own.txt': 'own' }),
    });
    const pod = load(podOf(desiredOf(inventory), 'cp-1', 'kube-scheduler').content) as {
      spec: { volumes: readonly { name: string; hostPath: { path: string } }[] };
    };
    return pod.spec.volumes.filter(({ name }) => name !== 'kubeconfig');
  };

  it('are all mounted, also where their names spell the same', () => {
    const volumes = volumesOf('a.b', 'a-b', 'a_b');
    expect(volumes.map(({ hostPath }) => hostPath.path).sort()).toEqual([
      '/etc/kubernetes/a-b',
      '/etc/kubernetes/a.b',
      '/etc/kubernetes/a_b',
    ]);
    expect(volumes.map(({ name }) => name)).toContain('etc-kubernetes-a-b');
  });

  it('have names that Kubernetes takes', () => {
    const names = volumesOf('f'.repeat(60), 'f'.repeat(61), 'dots..', '_').map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(4);
  });
});

test.each(['v1.34.4', 'v1.37.2'])('own mounts are those of the templates of %s', (kubernetesVersion) => {
  const inventory = composedInventory({ kubernetesVersion, hosts: [controlPlane(1)] });
  const traits = { 'cp-1': { ...defaultTraits({ name: 'cp-1' }), caDirectories: optionalCaDirectories } };
  const state = desiredOf(inventory, { traits, settled: madeEarlier(inventory) });
  for (const component of components) {
    const pod = load(podOf(state, 'cp-1', component).content) as {
      spec: { containers: readonly { volumeMounts: readonly { name: string; mountPath: string }[] }[] };
    };
    const mounts = pod.spec.containers[0]!.volumeMounts.map(
      ({ mountPath, name }) => [mountPath, name] as const,
    );
    expect(new Map(ownMounts(component, { spec: { kubernetesVersion } }))).toEqual(new Map(mounts));
  }
});

test('no flag or gate that is called gone is one that the programs still know', () => {
  const minor = Math.max(...knownMinors);
  const gone = Object.entries(removals).filter(([since]) => Number(since) <= minor);
  const wrong = gone.flatMap(([, { flags, gates }]) => [
    ...gates.filter((gate) => gatesOf(minor).has(gate)),
    ...(Object.keys(knownFlags) as FlaggedProgram[]).flatMap((program) =>
      Object.keys(flags[program] ?? {}).filter((flag) => flagsOf(program, minor).has(flag)),
    ),
  ]);
  expect(wrong).toEqual([]);
});

test.each([34, 35, 36, 37])('every type that a field of a Pod or Node of 1.%i has is known', (minor) => {
  const scalars = ['string', 'boolean', 'integer', 'number', 'quantity', 'integer-or-string', 'bytes', 'any'];
  const unknown = (Object.keys(apiTypes) as TypeName[]).flatMap((type) =>
    [...fieldsOf(type, minor)].flatMap(([field, is]) => {
      const inner = is.replaceAll(/\[\]|\{\}/g, '');
      const isKnown = scalars.includes(inner) || (isTypeName(inner) && fieldsOf(inner, minor).size > 0);
      return isKnown ? [] : [`${type}.${field}: ${is}`];
    }),
  );
  expect(unknown).toEqual([]);
  expect(fieldsOf('Pod', minor).get('spec')).toBe('PodSpec');
});
