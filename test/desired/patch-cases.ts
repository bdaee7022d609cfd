interface PatchCase {
  readonly says: string;
  readonly target: unknown;
  readonly patch: unknown;
  readonly result: unknown;
}

export const mergePatchCases: readonly PatchCase[] = [
  { says: 'replaces a value', target: { a: 'b' }, patch: { a: 'c' }, result: { a: 'c' } },
  { says: 'adds a value', target: { a: 'b' }, patch: { b: 'c' }, result: { a: 'b', b: 'c' } },
  { says: 'removes with null', target: { a: 'b', b: 1 }, patch: { a: null }, result: { b: 1 } },
  { says: 'replaces lists whole', target: { a: [1, 2] }, patch: { a: [3] }, result: { a: [3] } },
  {
    says: 'goes into objects',
    target: { a: { b: 1, c: 2 } },
    patch: { a: { b: null, d: 3 } },
    result: { a: { c: 2, d: 3 } },
  },
  {
    says: 'makes objects where there were none',
    target: { a: 1 },
    patch: { a: { b: { c: null, d: 1 } } },
    result: { a: { b: { d: 1 } } },
  },
];

export const jsonPatchCases: readonly PatchCase[] = [
  {
    says: 'adds a member',
    target: { a: 1 },
    patch: [{ op: 'add', path: '/b', value: 2 }],
    result: { a: 1, b: 2 },
  },
  {
    says: 'adds before an element',
    target: [1, 3],
    patch: [{ op: 'add', path: '/1', value: 2 }],
    result: [1, 2, 3],
  },
  {
    says: 'adds at the end',
    target: { l: [1] },
    patch: [{ op: 'add', path: '/l/-', value: 2 }],
    result: { l: [1, 2] },
  },
  { says: 'removes an element', target: [1, 2, 3], patch: [{ op: 'remove', path: '/1' }], result: [1, 3] },
  {
    says: 'replaces a member',
    target: { a: 1 },
    patch: [{ op: 'replace', path: '/a', value: [] }],
    result: { a: [] },
  },
  {
    says: 'replaces everything',
    target: { a: 1 },
    patch: [{ op: 'replace', path: '', value: 5 }],
    result: 5,
  },
  {
    says: 'moves',
    target: { a: { b: 1 }, c: {} },
    patch: [{ op: 'move', from: '/a/b', path: '/c/d' }],
    result: { a: {}, c: { d: 1 } },
  },
  {
    says: 'moves within a list',
    target: [1, 2, 3],
    patch: [{ op: 'move', from: '/0', path: '/2' }],
    result: [2, 3, 1],
  },
  {
    says: 'copies',
    target: { a: { x: 1 } },
    patch: [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/y', value: 2 },
    ],
    result: { a: { x: 1 }, b: { x: 1, y: 2 } },
  },
  {
    says: 'tests and goes on',
    target: { a: [1, { b: 2 }] },
    patch: [{ op: 'test', path: '/a', value: [1, { b: 2 }] }],
    result: { a: [1, { b: 2 }] },
  },
  {
    says: 'understands escapes',
    target: { 'a/b': 1, 'm~n': 2 },
    patch: [
      { op: 'replace', path: '/a~1b', value: 3 },
      { op: 'remove', path: '/m~0n' },
    ],
    result: { 'a/b': 3 },
  },
];

export const mismatches: readonly Omit<PatchCase, 'result'>[] = [
  { says: 'it is no list', target: {}, patch: { op: 'add' } },
  { says: 'the path does not exist', target: {}, patch: [{ op: 'replace', path: '/a', value: 1 }] },
  { says: 'the parent does not exist', target: {}, patch: [{ op: 'add', path: '/a/b', value: 1 }] },
  { says: 'the position is beyond the list', target: [1], patch: [{ op: 'add', path: '/2', value: 1 }] },
  { says: 'the position has a leading zero', target: [1, 2], patch: [{ op: 'remove', path: '/01' }] },
  { says: 'a test does not hold', target: { a: 1 }, patch: [{ op: 'test', path: '/a', value: '1' }] },
  { says: 'the operation is unknown', target: {}, patch: [{ op: 'merge', path: '/a', value: 1 }] },
  { says: 'a value is missing', target: { a: 1 }, patch: [{ op: 'replace', path: '/a' }] },
  { says: 'the path is no pointer', target: { a: 1 }, patch: [{ op: 'remove', path: 'a' }] },
];

const pod = {
  spec: {
    containers: [
      { name: 'etcd', command: ['etcd', '--v=1'], env: [{ name: 'A', value: '1' }], image: 'etcd:1' },
    ],
    volumes: [
      { name: 'certs', hostPath: { path: '/certs' } },
      { name: 'data', hostPath: { path: '/data' } },
    ],
  },
};
const container = pod.spec.containers[0]!;
const [certs, data] = pod.spec.volumes;
const withVolumes = (volumes: readonly unknown[]) => ({ spec: { ...pod.spec, volumes } });
const withContainer = (changes: Readonly<Record<string, unknown>>) => ({
  spec: { ...pod.spec, containers: [{ ...container, ...changes }] },
});

export const strategicCases: readonly PatchCase[] = [
  {
    says: 'merges containers by name',
    target: pod,
    patch: { spec: { containers: [{ name: 'etcd', image: 'etcd:2' }] } },
    result: withContainer({ image: 'etcd:2' }),
  },
  {
    says: 'replaces a command whole',
    target: pod,
    patch: { spec: { containers: [{ name: 'etcd', command: ['etcd'] }] } },
    result: withContainer({ command: ['etcd'] }),
  },
  {
    says: 'merges variables by name, new ones first',
    target: pod,
    patch: { spec: { containers: [{ name: 'etcd', env: [{ name: 'B', value: '2' }] }] } },
    result: withContainer({
      env: [
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
    }),
  },
  {
    says: 'removes a field with null',
    target: pod,
    patch: { spec: { containers: [{ name: 'etcd', env: null }] } },
    result: {
      spec: { ...pod.spec, containers: [{ name: 'etcd', command: ['etcd', '--v=1'], image: 'etcd:1' }] },
    },
  },
  {
    says: 'deletes an element',
    target: pod,
    patch: { spec: { volumes: [{ name: 'certs', $patch: 'delete' }] } },
    result: withVolumes([data]),
  },
  {
    says: 'replaces a list when told to',
    target: pod,
    patch: { spec: { volumes: [{ $patch: 'replace' }, { name: 'new', emptyDir: {} }] } },
    result: withVolumes([{ name: 'new', emptyDir: {} }]),
  },
  {
    says: 'replaces an object when told to',
    target: pod,
    patch: { spec: { volumes: [{ name: 'data', hostPath: { $patch: 'replace', type: 'File' } }] } },
    result: withVolumes([certs, { name: 'data', hostPath: { type: 'File' } }]),
  },
  {
    says: 'keeps only the keys that it retains',
    target: pod,
    patch: { spec: { volumes: [{ name: 'data', $retainKeys: ['name', 'emptyDir'], emptyDir: {} }] } },
    result: withVolumes([certs, { name: 'data', emptyDir: {} }]),
  },
  {
    says: 'keeps an element that it names in its place, and puts new ones before what follows',
    target: pod,
    patch: { spec: { volumes: [{ name: 'new', emptyDir: {} }, { name: 'data' }] } },
    result: withVolumes([{ name: 'new', emptyDir: {} }, certs, data]),
  },
  {
    says: 'removes values from a list of plain values',
    target: { metadata: { finalizers: ['a', 'b'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
    result: { metadata: { finalizers: ['b'] } },
  },
  {
    says: 'empties an object with delete',
    target: { metadata: { labels: { a: '1' } } },
    patch: { metadata: { labels: { $patch: 'delete' } } },
    result: { metadata: { labels: {} } },
  },
];
