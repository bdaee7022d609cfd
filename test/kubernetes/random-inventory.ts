import fc from 'fast-check';

/** A spec's fields, and the files that it names by their paths. */
export interface RandomInventory {
  readonly spec: Record<string, unknown>;
  readonly files: Readonly<Record<string, string>>;
}

const of = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const some = <T>(one: fc.Arbitrary<T>, maxLength = 3) => fc.array(one, { maxLength });
const word = fc.stringMatching(/^[a-z0-9._-]{1,12}$/);

const labelKey = fc.oneof(
  word,
  of('a', 'example.com/x', 'example.com/', 'X_y', '-', 'a b', `${'k'.repeat(64)}`),
);
const labelValue = fc.oneof(word, of('', 'v', 'yes', '-x', 'x'.repeat(64), 'ü'));
const taint = fc.record({
  key: labelKey,
  value: fc.oneof(labelValue, of('')),
  effect: of('NoSchedule', 'NoExecute', 'PreferNoSchedule', 'Never'),
});
const nodeName = fc.oneof(
  word,
  of('cp-1', 'cp-1.example.com', 'n'.repeat(63), 'n'.repeat(64), `${'n'.repeat(60)}.${'m'.repeat(60)}`),
);
const path = of(
  '/srv/a',
  '/srv/b',
  '/srv/a/',
  '/srv/../a',
  '/srv/a:b',
  '/srv/a b',
  '/srv/ü',
  '/etc/kubernetes/pki',
  '/etc/ssl/certs',
  '/etc/kubernetes/scheduler.conf',
  '/',
  `/${'x'.repeat(300)}`,
);
const volume = fc.record({
  name: fc.oneof(word, of('data', 'kubeconfig', 'k8s-certs', 'etc-kubernetes-a-b', 'Data', 'x'.repeat(64))),
  hostPath: path,
  mountPath: path,
  readOnly: fc.boolean(),
  pathType: of('', 'File', 'DirectoryOrCreate', 'Folder'),
});
const ownFile = fc
  .tuple(
    fc.oneof(
      fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,10}$/),
      of('a.b', 'a-b', 'a_b', 'A-B', 'a..', '_', 'f'.repeat(60), 'f'.repeat(61)),
    ),
    of('policy.yaml', 'x'),
  )
  .map(([folder, name]) => ({ source: 'own.txt', path: `/etc/kubernetes/${folder}/${name}` }));
const variable = fc.record({ name: of('A', 'a_b', '_', '1A', 'A-B'), value: fc.string() });
const component = fc.record({
  extraVolumes: some(volume),
  extraFiles: some(ownFile),
  extraEnvs: some(variable, 2),
});

const fieldValue = of<unknown>(
  true,
  false,
  'yes',
  'text',
  0,
  -1,
  1,
  2,
  80,
  101,
  70_000,
  1.5,
  '10s',
  '0s',
  '1d',
  '2Gi',
  null,
  [],
  ['a'],
  {},
  { cpu: '1' },
  { cpu: 1 },
  { 'memory.available': '5%' },
);
const kubeletConfig = fc.dictionary(
  of(
    'containerLogMaxFiles',
    'containerLogMaxSize',
    'containerLogMonitorInterval',
    'containerLogMaxWorkers',
    'cpuManagerPolicy',
    'enableServer',
    'enforceNodeAllocatable',
    'eventBurst',
    'eventRecordQPS',
    'evictionHard',
    'failSwapOn',
    'hairpinMode',
    'healthzPort',
    'imageGCHighThresholdPercent',
    'imageGCLowThresholdPercent',
    'imageMaximumGCAge',
    'imageMinimumGCAge',
    'kubeAPIBurst',
    'kubeReserved',
    'makeIPTablesUtilChains',
    'maxOpenFiles',
    'maxParallelImagePulls',
    'maxPods',
    'memorySwap',
    'nodeStatusMaxImages',
    'nodeStatusUpdateFrequency',
    'oomScoreAdj',
    'podPidsLimit',
    'podsPerCore',
    'readOnlyPort',
    'registryPullQPS',
    'reservedSystemCPUs',
    'serializeImagePulls',
    'serverTLSBootstrap',
    'shutdownGracePeriod',
    'shutdownGracePeriodCriticalPods',
    'systemReserved',
    'topologyManagerPolicy',
    'topologyManagerScope',
    'tlsCipherSuites',
    'volumePluginDir',
    'noSuchField',
  ),
  fieldValue,
  { maxKeys: 4 },
);

const podPatch = of<unknown>(
  { metadata: { labels: { a: 'b' } } },
  { metadata: { labels: { a: 1 } } },
  { metadata: { labels: { 'a b': 'c' } } },
  { metadata: { annotations: { 'example.com/x': 'yes' } } },
  { spec: { priority: 1000 } },
  { spec: { dnsPolicy: 'Default' } },
  { spec: { dnsPolicy: 'Sometimes' } },
  { spec: { serviceAccountName: 'x' } },
  { spec: { terminationGracePeriodSeconds: -1 } },
  { spec: { terminationGracePeriodSeconds: 'soon' } },
  { spec: { volumes: [{ name: 'extra', emptyDir: {} }] } },
  { spec: { volumes: [{ name: 'extra', configMap: { name: 'x' } }] } },
  { spec: { volumes: [{ name: 'extra', hostPath: { path: '/srv/../x', type: '' } }] } },
  { spec: { containers: [{ name: 'kube-scheduler', resources: { limits: { memory: '2Gi' } } }] } },
  { spec: { containers: [{ name: 'kube-scheduler', resources: { limits: { memory: 'much' } } }] } },
  { spec: { containers: [{ name: 'kube-scheduler', resource: { limits: {} } }] } },
  { spec: { containers: [{ name: 'kube-scheduler', imagePullPolicy: 'Rarely' }] } },
  { spec: { containers: [{ name: 'kube-scheduler', env: [{ name: 'A', value: 'yes' }] }] } },
  { spec: { containers: [{ name: 'kube-scheduler', env: [{ name: 'A', value: 1 }] }] } },
  { spec: { containers: [{ name: 'kube-scheduler', livenessProbe: { periodSeconds: -5 } }] } },
  { spec: { containers: [{ name: 'kube-scheduler', securityContext: { privileged: 'no' } }] } },
);

/** Mostly nothing: what is refused for one thing tells nothing of the others. */
const seldom = <T>(one: fc.Arbitrary<T>, none: T) =>
  fc.oneof({ weight: 1, arbitrary: one }, { weight: 4, arbitrary: fc.constant(none) });

/** Inventories of one control plane: many are refused for something, the others must be right. */
export const randomInventory: fc.Arbitrary<RandomInventory> = fc
  .record({
    name: seldom(nodeName, 'cp-1'),
    labels: seldom(fc.dictionary(labelKey, labelValue, { maxKeys: 1 }), {}),
    annotations: seldom(fc.dictionary(labelKey, fc.string(), { maxKeys: 1 }), {}),
    taints: seldom<readonly unknown[] | undefined>(some(taint, 2), undefined),
    apiServer: seldom<object>(component, {}),
    scheduler: seldom<object>(component, {}),
    config: seldom<object>(kubeletConfig, {}),
    patch: seldom<unknown>(podPatch, undefined),
  })
  .map(({ name, labels, annotations, taints, apiServer, scheduler, config, patch }) => ({
    spec: {
      hosts: [{ name, address: '192.0.2.11', roles: ['control-plane'], labels, annotations, taints }],
      apiServer,
      scheduler,
      kubelet: { config },
      ...(patch === undefined ? {} : { patches: { directory: 'patches' } }),
    },
    files: {
      '/inventory/own.txt': 'own',
      ...(patch === undefined ? {} : { '/inventory/patches/kube-scheduler.yaml': JSON.stringify(patch) }),
    },
  }));
