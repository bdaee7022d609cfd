import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalYaml } from '../../src/desired/canonical-yaml.js';
import { judgePod } from '../../src/inventory/static-pods/judge-pod.js';
import { ask, findOracle } from './oracle.js';

const seed = Number(process.env.FAILURES_SEED ?? 20_261);
const cases = Number(process.env.FAILURES_CASES ?? 400);

/** Mostly what is sound, and now and then what may not be. */
const mostly = <T>(sound: readonly T[], ...others: readonly T[]) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...sound) },
    ...(others.length === 0 ? [] : [{ weight: 1, arbitrary: fc.constantFrom(...others) }]),
  );
const port = mostly([80, 8080, 443], 0, 65536);
const probe = fc.record(
  {
    handler: mostly<object>(
      [
        { httpGet: { path: '/', port: 80 } },
        { httpGet: { port: 'http' } },
        { exec: { command: ['true'] } },
        { tcpSocket: { port: 80 } },
        { grpc: { port: 80 } },
      ],
      {},
      { httpGet: { path: '/' } },
      { exec: {} },
      { tcpSocket: { port: 0 } },
      { httpGet: { port: '' } },
      { exec: { command: ['true'] }, tcpSocket: { port: 80 } },
    ),
    periodSeconds: mostly([1, 5], -1),
    successThreshold: mostly([1], 2),
  },
  { requiredKeys: ['handler'] },
);
const probeOf = probe.map(({ handler, ...rest }) => ({ ...handler, ...rest }));
const containerNamed = (name: string) =>
  fc.record(
    {
      name: mostly([name], 'Web', '', 'x'.repeat(64), 'web.1', 'same'),
      image: mostly(
        ['example.com/web:1.0', 'example.com/web@sha256:'.padEnd(87, 'a')],
        'web',
        '',
        'a b',
        ' x:1',
        'web:latest',
      ),
      imagePullPolicy: mostly(['IfNotPresent', 'Never'], 'Sometimes', 'Always'),
      restartPolicy: mostly<string | undefined>([undefined], 'Always', 'Never', 'Once'),
      workingDir: mostly(['/'], 'here', ''),
      ports: fc.array(
        fc.record(
          {
            containerPort: port,
            hostPort: port,
            name: mostly(['http'], 'HTTP', 'far-too-long-a-name', '80'),
            protocol: mostly(['TCP', 'UDP'], 'ICMP'),
            hostIP: mostly(['127.0.0.1'], 'here'),
          },
          { requiredKeys: ['containerPort'] },
        ),
        { maxLength: 1 },
      ),
      env: fc.array(
        fc.record({ name: mostly(['A', 'b.c', '1A'], '', 'A=B', 'ä'), value: fc.constantFrom('x', '') }),
        { maxLength: 2 },
      ),
      volumeMounts: fc.array(
        fc.record(
          {
            name: mostly(['data'], 'dota', ''),
            mountPath: mostly(['/data', '/data/', '/x', 'rel'], '', '/a:b'),
            subPath: mostly(['', 'a'], '../a', '/a'),
            mountPropagation: mostly(['None', 'HostToContainer'], 'Sideways'),
          },
          { requiredKeys: ['name', 'mountPath'] },
        ),
        { maxLength: 2 },
      ),
      readinessProbe: probeOf,
      livenessProbe: probeOf,
      startupProbe: probeOf,
      resources: fc.record(
        {
          requests: fc.record({ cpu: mostly(['100m', '2'], 'much', '-1') }),
          limits: fc.record({ cpu: mostly(['4'], '50m') }),
        },
        { requiredKeys: [] },
      ),
      securityContext: fc.record(
        {
          runAsUser: mostly([0, 1000], -1),
          privileged: fc.constant(false),
          allowPrivilegeEscalation: mostly([true], false),
        },
        { requiredKeys: [] },
      ),
      terminationMessagePolicy: mostly(['File'], 'Never'),
    },
    { requiredKeys: ['name', 'image'] },
  );
const volume = mostly<object>(
  [{ emptyDir: {} }, { emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } }, { hostPath: { path: '/srv' } }],
  { emptyDir: { medium: 'Tape' } },
  { emptyDir: { sizeLimit: '-1' } },
  { hostPath: { path: '/a/../b' } },
  { hostPath: { path: '' } },
  { nfs: { server: 'a', path: '/x' } },
  { nfs: { server: '', path: 'x' } },
  {
    projected: {
      sources: [{ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } }],
    },
  },
  { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } },
  {},
);
const pods = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Pod'),
  metadata: fc.record(
    {
      name: mostly(['web'], 'other'),
      uid: mostly<string | undefined>([undefined], '0123'),
      generateName: mostly<string | undefined>([undefined], 'web-'),
      finalizers: mostly<string[] | undefined>([undefined], ['example.com/x']),
      ownerReferences: mostly<object[] | undefined>(
        [undefined],
        [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: '1' }],
      ),
      labels: mostly<object>([{ app: 'x' }, { 'a/b': '' }], { 'A B': 'x' }, { app: 'x y' }),
    },
    { requiredKeys: [] },
  ),
  status: mostly<object | undefined>([undefined], { phase: 'Running' }),
  spec: fc.record(
    {
      runtimeClassName: mostly<string | undefined>([undefined], 'kata'),
      nodeName: mostly<string | undefined>([undefined], 'w-1'),
      schedulingGates: mostly<object[] | undefined>([undefined], [{ name: 'later' }]),
      containers: fc.tuple(containerNamed('web')),
      initContainers: fc.array(containerNamed('first'), { maxLength: 1 }),
      volumes: fc.tuple(volume.map((source) => ({ name: 'data', ...source }))),
      hostNetwork: mostly([false], true),
      hostPID: fc.boolean(),
      shareProcessNamespace: mostly([false], true),
      restartPolicy: mostly(['Always', 'Never'], 'Sometimes'),
      dnsPolicy: mostly(['Default', 'ClusterFirst'], 'None', 'First'),
      terminationGracePeriodSeconds: mostly([0, 30], -1),
      activeDeadlineSeconds: mostly([60], 0),
      hostname: mostly(['web'], 'Web.1'),
      subdomain: mostly(['shop'], 'a.b'),
      priorityClassName: mostly(['system-node-critical'], 'mine'),
      tolerations: mostly<object[]>(
        [[], [{ operator: 'Exists' }]],
        [{ operator: 'Equal' }],
        [{ key: 'a b' }],
      ),
    },
    { requiredKeys: ['containers', 'volumes'] },
  ),
});

/** The rows of the table of what podstrap refuses and Kubernetes takes: words that are said, with `…` for what differs. */
const onlyOurs = readFileSync(resolve(import.meta.dirname, '../../docs/static-pods.md'), 'utf8')
  .split('\n')
  .flatMap((row) => {
    const said = /^\| `([^`]+)` \| [^|]{20,} \|$/.exec(row)?.[1];
    if (said === undefined) return [];
    const words = said.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return [{ row: said, says: new RegExp(`^${words.join('.*')}$`, 's') }];
  });

describe.each(['v1.36.3', 'v1.37.2'])('what Kubernetes %s itself says', (version) => {
  const oracle = findOracle(version);
  const minor = Number(version.split('.')[1]);

  test.skipIf(oracle === undefined)(
    `of every random pod that is let pass: nothing (FAILURES_SEED=${seed})`,
    () => {
      const around = { minor, name: 'web', hosts: ['w-1'], files: [] };
      const passed = fc
        .sample(pods, { seed, numRuns: cases * 10 })
        .map((pod) => JSON.parse(JSON.stringify(pod)) as typeof pod)
        .filter((pod) => judgePod(pod, around).every(({ severity }) => severity === 'warning'));
      console.log(`${version}: ${passed.length} of ${cases * 10} random pods are let pass`);
      expect(passed.length).toBeGreaterThan(10);
      const texts = passed.map((pod) =>
        canonicalYaml({ ...pod, metadata: { ...pod.metadata, name: 'web', namespace: 'default' } }),
      );
      const answers = ask(
        oracle!,
        texts.map((text) => ({ kind: 'Pod', node: 'w-1', text })),
      ) as readonly (readonly string[])[];
      const refused = answers.flatMap((complaints, index) =>
        complaints.length > 0 ? [`${complaints.join('; ')}\n${texts[index]}`] : [],
      );
      expect(refused).toEqual([]);
    },
    180_000,
  );

  test.skipIf(oracle === undefined)(
    'of a pod that is refused and that it would take: every reason stands in docs/static-pods.md',
    () => {
      const around = { minor, name: 'web', hosts: ['w-1'], files: [] };
      const judged = fc
        .sample(pods, { seed, numRuns: cases * 10 })
        .map((pod) => JSON.parse(JSON.stringify(pod)) as typeof pod)
        .map((pod) => ({
          pod,
          wrong: judgePod(pod, around).filter(({ severity }) => severity !== 'warning'),
        }))
        .filter(({ wrong }) => wrong.length > 0);
      const answers = ask(
        oracle!,
        judged.map(({ pod }) => ({
          kind: 'Pod',
          node: 'w-1',
          text: canonicalYaml({ ...pod, metadata: { name: 'web', namespace: 'default', ...pod.metadata } }),
        })),
      ) as readonly (readonly string[])[];
      const ours = judged.flatMap(({ wrong }, index) =>
        answers[index]!.length > 0 ? [] : wrong.map(({ path, found }) => `${path.at(-1)}: ${found}`),
      );
      const unexplained = ours.filter((said) => !onlyOurs.some(({ says }) => says.test(said)));
      expect([...new Set(unexplained)]).toEqual([]);
      const idle = onlyOurs.filter(({ says }) => !ours.some((said) => says.test(said)));
      expect(idle.map(({ row }) => row)).toEqual([]);
    },
    180_000,
  );
});
