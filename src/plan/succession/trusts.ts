import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../../failure.js';
import { readFlag } from '../../kubernetes/flags.js';
import { toldYaml } from '../../observed/told-yaml.js';
import { describeCertificate } from '../../pki/x509/inspect.js';
import { certificateBlocks } from '../../pki/x509/pem-blocks.js';
import { publicKeyOf } from '../../pki/x509/public-key.js';
import type { Token, Trust } from './succession.js';

const firstOf = (accepts: readonly Token[]): Trust => ({ uses: accepts.slice(0, 1), accepts });

/** A static pod, as far as its command is read from it. */
const commandForm = z.looseObject({
  spec: z.looseObject({
    containers: z.array(z.looseObject({ command: z.array(z.string()).nullish() })).min(1),
  }),
});

/** The command that a manifest starts; undefined for a text that no kubelet takes for a pod. */
export const commandOf = remembered((manifest): readonly string[] | undefined => {
  try {
    return toldYaml('its manifest', manifest, commandForm).spec.containers[0]!.command ?? undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
});

/** Values of a flag in a manifest, in their order. */
export const flagValues = (manifest: string, name: string): readonly string[] =>
  (commandOf(manifest) ?? [])
    .slice(1)
    .map(readFlag)
    .filter((flag) => flag.name === name)
    .map(({ value }) => value);

/** Issuers of service account tokens: the first one signs. @param manifest of kube-apiserver */
export const issuerTrust = (manifest: string): Trust =>
  firstOf(flagValues(manifest, 'service-account-issuer').map((url) => ({ id: url, label: url })));

/** Authorities in a bundle: the first one signs. Told by their keys. */
export const authorityTrust = remembered((bundle) =>
  firstOf(
    certificateBlocks(bundle).flatMap((pem) => {
      const id = publicKeyOf(pem);
      if (id === undefined) return [];
      const { commonName, fingerprint } = describeCertificate(pem);
      return [{ id, label: `${commonName} (SHA-256 ${fingerprint.slice(0, 11)}…)` }];
    }),
  ),
);

const key = z.looseObject({ name: z.string(), secret: z.string() });
const provider = z.record(
  z.string(),
  z.looseObject({ name: z.string().nullish(), keys: z.array(key).nullish() }).nullish(),
);
/** An EncryptionConfiguration, as far as it is compared; somebody may have made it by hand, on a host as well. */
const encryptionForm = z
  .looseObject({
    resources: z
      .array(
        z.looseObject({
          resources: z.array(z.string()).nullish(),
          providers: z.array(provider).nullish(),
        }),
      )
      .nullish(),
  })
  .nullish();
type Provider = z.infer<typeof provider>;
type EncryptionConfiguration = NonNullable<z.infer<typeof encryptionForm>>;

/** @throws Failure `unsound` for what is no such configuration; nobody's yet: the caller knows whose text it is */
export const readEncryption = (text: string | undefined): EncryptionConfiguration =>
  text === undefined ? {} : (toldYaml('its encryption configuration', text, encryptionForm) ?? {});

/** The resources that encryption configurations name. */
export const encryptedResources = (...texts: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(
    texts.flatMap((text) => readEncryption(text).resources ?? []).flatMap(({ resources }) => resources ?? []),
  ),
];

/**
 * How an API server writes and reads these resources. The first key of the first provider writes.
 * @param text an EncryptionConfiguration; undefined for an API server without one, which encrypts nothing
 * @see https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
 */
export function encryptionTrust(text: string | undefined, resources: readonly string[]): Trust {
  const config = readEncryption(text);
  const each = resources.map((resource) => {
    const entry = config.resources?.find((one) => one.resources?.some((name) => covers(name, resource)));
    return firstOf(
      (entry?.providers ?? [{ identity: {} }]).flatMap((provider) => keysOf(provider, resource)),
    );
  });
  return { uses: each.flatMap(({ uses }) => uses), accepts: each.flatMap((trust) => trust.accepts) };
}

/** A way to read data of a resource that is to go: what objects in etcd are told by that need it. */
export interface DroppedWay {
  readonly resource: string;
  /** `identity`, or a provider and the name of its key. */
  readonly name: string;
}

/**
 * What could be read with one configuration and not any more with the next, of resources that are named one by one. Pure.
 * @param before, after undefined: without a configuration, everything is plain
 */
export function droppedWays(before: string | undefined, after: string | undefined): readonly DroppedWay[] {
  const resources = encryptedResources(before, after).filter((name) => !name.includes('*'));
  return resources.flatMap((resource) => {
    const kept = new Set(encryptionTrust(after, [resource]).accepts.map(({ id }) => id));
    return encryptionTrust(before, [resource])
      .accepts.filter(({ id }) => !kept.has(id))
      .map(({ id }) => ({ resource, name: id.split(' ').slice(1, -1).join(' ') || 'identity' }));
  });
}

/** `*.*` is every resource, `*.apps` those of a group. */
function covers(name: string, resource: string): boolean {
  if (name === resource || name === '*.*') return true;
  const [, ...group] = resource.split('.');
  return name.startsWith('*.') && name.slice(2) === group.join('.');
}

function keysOf(provider: Provider, resource: string): readonly Token[] {
  return Object.entries(provider).flatMap(([type, value]) => {
    if (type === 'identity')
      return [{ id: `${resource} identity`, label: `no encryption (identity) of ${resource}` }];
    const keys = value?.keys ?? [{ name: value?.name ?? '', secret: '' }];
    return keys.map(({ name, secret }) => ({
      id: `${resource} ${type} ${name} ${createHash('sha256').update(secret).digest('hex')}`,
      label: `key ${name} (${type}) of ${resource}`,
    }));
  });
}

/** `work`, done once for each text: many hosts have the same, and parsing is what costs. Only for pure functions. */
function remembered<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly result: T }>();
  return (text) => {
    const found = known.get(text) ?? { result: work(text) };
    known.set(text, found);
    return found.result;
  };
}
