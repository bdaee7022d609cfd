import { builtInKinds, groupOf, isBuiltInGroup } from '../../kubernetes/api-kinds.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { didYouMean } from '../did-you-mean.js';
import { dnsLabelPattern } from '../formats.js';
import type { Finding } from '../reading/finding.js';

type Complaint = Pick<Finding, 'found' | 'expected' | 'hint'>;
type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const spell = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'object' ? 'no text' : JSON.stringify(value);

/** What is wrong with a document that should be an object of the API; undefined when nothing is. Pure. */
export function judgeObject(value: unknown): Complaint | undefined {
  if (!isFields(value))
    return { found: 'no mapping', expected: 'an object with apiVersion, kind and metadata' };
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || !/^([a-z0-9.-]+\/)?v\d\w*$/.test(apiVersion))
    return {
      found: `apiVersion is ${spell(apiVersion)}`,
      expected: 'an apiVersion such as v1 or apps/v1',
      ...(apiVersion === undefined ? {} : mistakenFor(kind, apiVersion)),
    };
  if (typeof kind !== 'string' || !/^[A-Za-z]\w*$/.test(kind))
    return { found: `kind is ${spell(kind)}`, expected: 'a kind such as Deployment' };
  return unknownKind(apiVersion, kind) ?? judgeMetadata(kind, metadata);
}

/** Files of tools that make manifests are none themselves. */
const tools: Readonly<Record<string, string>> = {
  'kustomize.config.k8s.io': '`kubectl kustomize FOLDER` makes manifests of it',
};

function mistakenFor(kind: unknown, apiVersion: unknown): Pick<Complaint, 'hint'> {
  const versions = typeof apiVersion === 'string' ? versionsOf(kind) : [];
  return versions.length === 0
    ? {}
    : { hint: `did you mean ${versions.map((one) => `"${one}"`).join(' or ')}?` };
}

const versionsOf = (kind: unknown): readonly string[] =>
  typeof kind !== 'string'
    ? []
    : ['', 'apps', 'batch', 'rbac.authorization.k8s.io', 'networking.k8s.io', 'policy'].flatMap(
        (group) => builtInKinds(group).get(kind) ?? [],
      );

/** Groups whose kinds are all known, whatever the version of Kubernetes. */
const closed = ['', 'apps', 'batch', 'policy', 'autoscaling', 'rbac.authorization.k8s.io'];

function unknownKind(apiVersion: string, kind: string): Complaint | undefined {
  const group = groupOf({ apiVersion });
  const tool = tools[group];
  if (tool !== undefined) return { found: `a ${kind} of ${group}`, expected: 'manifests', hint: tool };
  if (!isBuiltInGroup(group)) return undefined;
  const kinds = builtInKinds(group);
  const versions = kinds.get(kind);
  if (versions?.includes(apiVersion)) return undefined;
  if (versions !== undefined && closed.includes(group))
    return {
      found: `${kind} of ${apiVersion}, which Kubernetes no longer serves`,
      expected: versions.join(' or '),
      hint: `did you mean apiVersion ${versions.map((one) => JSON.stringify(one)).join(' or ')}?`,
    };
  const hint = didYouMean(kind, [...kinds.keys()]);
  const elsewhere = versionsOf(kind);
  if (versions !== undefined || (hint === undefined && !closed.includes(group))) return undefined;
  return {
    found: `${apiVersion} has no kind ${JSON.stringify(kind)}`,
    expected: 'a kind that Kubernetes knows',
    hint: hint ?? (elsewhere.length > 0 ? `did you mean apiVersion ${elsewhere.join(' or ')}?` : undefined),
  };
}

function judgeMetadata(kind: string, metadata: unknown): Complaint | undefined {
  if (!isFields(metadata)) return { found: `${kind} without metadata`, expected: 'metadata with a name' };
  const { name, namespace } = metadata;
  if (name === undefined && 'generateName' in metadata)
    return {
      found: `${kind} with generateName`,
      expected: 'a name, by which podstrap keeps track of it',
    };
  if (typeof name !== 'string' || name === '' || /[/\s%]/.test(name))
    return { found: `${kind} whose metadata.name is ${spell(name)}`, expected: 'a name' };
  if (namespace !== undefined && (typeof namespace !== 'string' || !dnsLabelPattern.test(namespace)))
    return {
      found: `${kind} ${name} in the namespace ${spell(namespace)}`,
      expected: 'the name of a namespace',
    };
  for (const field of ['labels', 'annotations']) {
    const given = metadata[field] ?? {};
    const wrong = isFields(given)
      ? Object.entries(given).find(([, one]) => typeof one !== 'string')
      : [field];
    if (wrong !== undefined)
      return {
        found: `${kind} ${name} with metadata.${field}: ${String(wrong[0])} is not text`,
        expected: 'texts; numbers, true and false need quotes',
      };
  }
  return undefined;
}

/** What only the API server writes; manifests that were read from a cluster have it. */
const servers = ['creationTimestamp', 'managedFields', 'resourceVersion', 'uid', 'generation', 'selfLink'];

/** A sound document as podstrap applies it: without what only the API server writes. Pure. */
export function appliedObject(value: Fields): ApiObject {
  const { status: _, ...object } = value;
  const metadata = Object.fromEntries(
    Object.entries(object['metadata'] as Fields).filter(([field]) => !servers.includes(field)),
  );
  return encoded({ ...object, metadata } as unknown as ApiObject);
}

/** A Secret's `stringData` is a convenience that the API server never gives back. */
function encoded(object: ApiObject): ApiObject {
  const { stringData, ...rest } = object;
  if (object.apiVersion !== 'v1' || object.kind !== 'Secret' || !isFields(stringData)) return object;
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]),
  );
  return { ...rest, data: { ...(rest['data'] as Fields | undefined), ...data } } as ApiObject;
}
