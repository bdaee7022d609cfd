import { YAMLException } from 'js-yaml';
import { z } from 'zod';
import { readYaml } from '../../read-yaml.js';
import { Secret } from '../../secret.js';
import type { Chains, Link, Ring } from './ring.js';

/** What podstrap notes for itself in the first line, which Kubernetes passes over. */
const noteMark = '# podstrap ';

/**
 * The EncryptionConfiguration of the API servers, as it lies in the keystore and on each control plane. The benchmark of CIS
 * looks for a provider in the line after `providers:`.
 */
export function ringText({ generation, toward, chains }: Ring): string {
  const note = JSON.stringify({ generation, ...(toward === undefined ? {} : { toward }) });
  const head = `${noteMark}${note}\napiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n`;
  const groups = groupsOf(chains).map(
    ({ resources, links }) =>
      `  - resources:\n${resources.map((name) => `      - ${word(name)}\n`).join('')}    providers:\n${providersText(links)}`,
  );
  return groups.length === 0 ? `${head}resources: []\n` : `${head}resources:\n${groups.join('')}`;
}

/** Resources that are read and written in the same way stand together. */
function groupsOf(
  chains: Chains,
): readonly { readonly resources: readonly string[]; readonly links: readonly Link[] }[] {
  const groups = new Map<string, { resources: string[]; links: readonly Link[] }>();
  for (const resource of Object.keys(chains).sort()) {
    const links = chains[resource]!;
    const text = providersText(links);
    const group = groups.get(text) ?? { resources: [], links };
    group.resources.push(resource);
    groups.set(text, group);
  }
  return [...groups.values()];
}

/** JSON is YAML, and its strings need no further care. */
const word = (text: string): string => (/^[a-z][a-z0-9.-]*$/.test(text) ? text : JSON.stringify(text));

function providersText(links: readonly Link[]): string {
  let text = '';
  let open: string | undefined;
  for (const link of links) {
    if (link.provider === 'identity') text += '      - identity: {}\n';
    else if (link.provider === 'kms') text += pluginText(link);
    else {
      if (open !== link.provider) text += `      - ${link.provider}:\n          keys:\n`;
      text += `            - name: ${word(link.name)}\n              secret: ${JSON.stringify(link.secret.reveal())}\n`;
    }
    open = 'secret' in link ? link.provider : undefined;
  }
  return text;
}

const pluginText = (link: Link & { provider: 'kms' }): string =>
  [
    '      - kms:',
    `          apiVersion: ${link.apiVersion}`,
    `          name: ${word(link.name)}`,
    `          endpoint: ${JSON.stringify(link.endpoint)}`,
    ...(link.timeout === undefined ? [] : [`          timeout: ${word(link.timeout)}`]),
    ...(link.cachesize === undefined ? [] : [`          cachesize: ${link.cachesize}`]),
    '',
  ].join('\n');

const name = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^:\s]+$/);
const keys = z.strictObject({
  keys: z
    .array(z.strictObject({ name, secret: z.base64().max(256) }))
    .min(1)
    .max(64),
});
const providerForm = z.union([
  z.strictObject({ identity: z.strictObject({}).nullish() }),
  z.strictObject({ secretbox: keys }),
  z.strictObject({ aescbc: keys }),
  z.strictObject({ aesgcm: keys }),
  z.strictObject({
    kms: z.strictObject({
      apiVersion: z.enum(['v1', 'v2']).default('v1'),
      name,
      endpoint: z
        .string()
        .max(1_000)
        .regex(/^unix:\/\/\S+$/),
      timeout: z
        .string()
        .max(32)
        .regex(/^[0-9a-z.]+$/)
        .optional(),
      cachesize: z.int().optional(),
    }),
  }),
]);
const resource = z
  .string()
  .max(253)
  .regex(/^[a-z*][a-z0-9.*-]*$/);
const form = z.strictObject({
  apiVersion: z.string(),
  kind: z.literal('EncryptionConfiguration'),
  resources: z
    .array(
      z.strictObject({
        resources: z.array(resource).min(1).max(100),
        providers: z.array(providerForm).min(1).max(64),
      }),
    )
    .max(100),
});
const noteForm = z.object({
  generation: z.int().min(0).max(1_000_000_000),
  toward: z.string().max(300).optional(),
});

/** Characters: a hundred keys are a tenth of it. */
const longest = 256 * 1024;

/**
 * A ring from its text, which anybody may have written: podstrap, a user, or a host that lies.
 * @returns undefined for what is no EncryptionConfiguration that podstrap can write again as it is
 */
export function readRing(text: string): Ring | undefined {
  if (text.length > longest) return undefined;
  let found: unknown;
  try {
    found = readYaml(text);
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
  const { success, data } = form.safeParse(found);
  if (!success) return undefined;
  const chains: Record<string, readonly Link[]> = {};
  // Of a resource that is named twice the first one counts, as with the API server.
  for (const { resources, providers } of data.resources)
    for (const one of resources) chains[one] ??= providers.flatMap(linksIn);
  return { ...noteIn(text), chains };
}

function noteIn(text: string): Pick<Ring, 'generation' | 'toward'> {
  const [line = ''] = text.split('\n', 1);
  if (!line.startsWith(noteMark)) return { generation: 0 };
  try {
    const { generation, toward } = noteForm.parse(JSON.parse(line.slice(noteMark.length)));
    return { generation, ...(toward === undefined ? {} : { toward }) };
  } catch {
    return { generation: 0 };
  }
}

function linksIn(provider: z.infer<typeof providerForm>): readonly Link[] {
  if ('identity' in provider) return [{ provider: 'identity' }];
  if ('kms' in provider) {
    const { timeout, cachesize, ...rest } = provider.kms;
    return [
      {
        provider: 'kms',
        ...rest,
        ...(timeout === undefined ? {} : { timeout }),
        ...(cachesize === undefined ? {} : { cachesize }),
      },
    ];
  }
  return Object.entries(provider).flatMap(([cipher, value]) =>
    (value as z.infer<typeof keys>).keys.map((key) => ({
      provider: cipher as 'secretbox',
      name: key.name,
      secret: new Secret(key.secret),
    })),
  );
}
