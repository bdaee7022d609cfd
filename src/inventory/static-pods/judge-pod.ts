import { fullImageName, parseImageName } from '../../kubernetes/image-name.js';
import { judgeFields } from '../../kubernetes/judge-fields.js';
import { didYouMean } from '../did-you-mean.js';
import { dnsLabelPattern } from '../formats.js';
import type { Path } from '../path.js';
import { ports } from './judge-ports.js';
import { gate, probes } from './judge-probes.js';
import { together } from './judge-together.js';
import { files, mounts, volumes } from './judge-volumes.js';
import {
  containersOf,
  type Fields,
  fieldsOf,
  type PodCircumstances,
  type PodComplaint,
  type Rule,
  text,
} from './pod-rule.js';

/**
 * What a kubelet would refuse of a manifest, or pass over in silence, or what would harm it: a manifest that is not valid ends the
 * pod that runs. Everything is told at once. Pure.
 */
export function judgePod(pod: unknown, circumstances: PodCircumstances): readonly PodComplaint[] {
  const typed = judgeFields(pod, 'Pod', { minor: circumstances.minor }).map(
    ({ path, found, expected, known }): PodComplaint => ({
      path,
      found: found ?? 'a value that does not fit',
      expected,
      hint: (known && didYouMean(String(path.at(-1)), known)) ?? hintFor(path),
    }),
  );
  // What has the wrong type would be met again below.
  const unsound = new Set(typed.map(({ path }) => JSON.stringify(path)));
  const others = rules
    .flatMap((rule) => rule(fieldsOf(pod), circumstances))
    .filter(({ path }) => !unsound.has(JSON.stringify(path)));
  return [...typed, ...others];
}

/** What does the work of objects of the API. */
function hintFor(path: Path): string | undefined {
  if (path[0] !== 'spec') return undefined;
  if (path[1] === 'volumes' && path.length === 4 && ['configMap', 'secret'].includes(String(path[3])))
    return 'use `files` of spec.staticPods instead';
  return path.includes('envFrom') || path.includes('valueFrom')
    ? 'use `value` with a template, or a file of spec.staticPods'
    : undefined;
}

/** Fields that a static pod cannot have, why, and what there is instead. */
const forbidden: readonly (readonly [path: Path, found: string, expected: string])[] = [
  [
    ['metadata', 'uid'],
    'a UID, which would hide most changes of this manifest from the kubelet',
    'none: the kubelet makes it',
  ],
  [['metadata', 'generateName'], 'generateName', 'the name of the entry'],
  [['metadata', 'ownerReferences'], 'owners, which only the API knows', 'none'],
  [['metadata', 'finalizers'], 'finalizers, which only the API knows', 'none'],
  [['spec', 'runtimeClassName'], 'a runtime class, which crashes a kubelet without an API', 'none'],
  [['spec', 'schedulingGates'], 'scheduling gates', 'none: nobody schedules a static pod'],
  [['spec', 'nodeName'], 'a node', '`hosts` of spec.staticPods'],
  [['status'], 'a status', 'none: the kubelet tells it'],
];

const forbiddenFields: Rule = (pod) =>
  forbidden.flatMap(([path, found, expected]) => {
    const value = path.reduce<unknown>((node, step) => fieldsOf(node)[String(step)], pod);
    return value === undefined || value === null ? [] : [{ path, found, expected }];
  });

const names: Rule = (pod, { name, hosts }) => {
  const { name: given, namespace } = fieldsOf(pod['metadata']);
  const longest = [...hosts].sort((one, other) => other.length - one.length)[0] ?? '';
  return [
    ...(given === undefined || given === name
      ? []
      : [
          {
            path: ['metadata', 'name'],
            found: `another name than that of the entry, ${name}`,
            expected: `${name}, or no name`,
          },
        ]),
    ...(text(namespace) === undefined || dnsLabelPattern.test(String(namespace))
      ? []
      : [
          {
            path: ['metadata', 'namespace'],
            found: 'no name of a namespace',
            expected: 'lower case letters, digits and dashes',
          },
        ]),
    ...(name.length + 1 + longest.length <= 253
      ? []
      : [
          {
            path: ['metadata', 'name'],
            found: `${name}-${longest}, which is too long`,
            expected: 'at most 253 characters',
          },
        ]),
  ];
};

const containers: Rule = (pod) => {
  const all = containersOf(pod);
  const seen = new Set<string>();
  const wrong: PodComplaint[] = all.some(({ init }) => !init)
    ? []
    : [{ path: ['spec', 'containers'], found: 'no container', expected: 'at least one container' }];
  for (const { container, path } of all) {
    const name = text(container['name']);
    if (name === undefined || name.length > 63 || !dnsLabelPattern.test(name))
      wrong.push({
        path: [...path, 'name'],
        found: name === undefined ? 'no name' : 'a malformed name',
        expected: 'lower case letters, digits and dashes',
      });
    else if (seen.has(name))
      wrong.push({
        path: [...path, 'name'],
        found: `${name} a second time`,
        expected: 'each name only once',
      });
    seen.add(name ?? '');
    wrong.push(...imageComplaints(container, path));
  }
  return wrong;
};

function imageComplaints(container: Fields, path: Path): readonly PodComplaint[] {
  const image = text(container['image']);
  const at = [...path, 'image'];
  if (image === undefined)
    return [{ path: at, found: 'no image', expected: 'an image with its tag, such as ghcr.io/x/y:v1.2.3' }];
  if (fullImageName(image) === undefined)
    return [
      {
        path: at,
        found: `${JSON.stringify(image)}, which names no image`,
        expected: 'an image with its tag, such as ghcr.io/x/y:v1.2.3',
      },
    ];
  const policy = container['imagePullPolicy'];
  if (policy === 'Always')
    return [
      {
        path: [...path, 'imagePullPolicy'],
        found: 'Always, for which the kubelet would need a registry at every start',
        expected: 'IfNotPresent: podstrap brings the image, and pins it',
      },
    ];
  const isLatest = parseImageName(image).reference === 'latest';
  return isLatest && policy === undefined
    ? [
        {
          path: at,
          found: `${image.endsWith(':latest') ? image : `${image} without a tag, which means :latest`}`,
          expected: 'a tag of one version, or a digest: the kubelet pulls :latest at every start',
        },
      ]
    : [];
}

const priority: Rule = (pod) => {
  const { priorityClassName, priority: given } = fieldsOf(pod['spec']);
  const isKnown = ['system-node-critical', 'system-cluster-critical'].includes(String(priorityClassName));
  return text(priorityClassName) === undefined || isKnown || given !== undefined
    ? []
    : [
        {
          path: ['spec', 'priorityClassName'],
          found: `${String(priorityClassName)}, which no API looks up for a static pod`,
          expected: '`priority` beside it, or system-node-critical or system-cluster-critical',
        },
      ];
};

const rules: readonly Rule[] = [
  forbiddenFields,
  names,
  containers,
  ports,
  volumes,
  mounts,
  files,
  probes,
  priority,
  together,
  gate,
];
