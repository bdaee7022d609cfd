import { z } from 'zod';
import { sorted } from '../desired/canonical-yaml.js';
import { phases } from '../phases/index.js';
import type { Secret } from '../secret.js';
import { actionSchema } from './action.js';
import type { RollOut } from './roll-out.js';
import { sealOf } from './seal.js';
import type { Plan } from './step.js';

const host = z
  .string()
  .describe('name of the host in the inventory, or that has left it; empty for objects of the API');
const phase = z.enum(phases.map(({ name }) => name));
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const step = z.strictObject({
  host,
  phase,
  action: actionSchema,
  reason: z.string().describe('why, as a sentence without its full stop'),
  replaces: z
    .string()
    .exactOptional()
    .describe('what is there now and goes: the digest of a file or image, the value of a setting'),
  diff: z
    .string()
    .exactOptional()
    .describe('unified diff of a text file: what the host has against what is wanted'),
});

const stranger = z.strictObject({
  host,
  path: z.string(),
  said: z.string().describe('what it is, as a sentence without its full stop'),
});

const rollOut = z.strictObject({
  waves: z
    .array(
      z.strictObject({
        title: z.string(),
        hosts: z.array(host),
        phases: z.array(phase),
        restarts: z.array(z.string()).describe('components and units that stop for a moment'),
      }),
    )
    .describe('what happens one after another; the hosts of a wave go at the same time'),
  seconds: z.number().describe('about how long it takes, without the time that the bytes need'),
  watched: z.number().describe('the part of it in which changed nodes are only watched'),
  bytes: z.number().describe('bytes that travel to the host which needs most of them'),
});

/** The one definition of a plan as a file: its type, its check and the JSON Schema that ships come from it. */
export const planSchema = z.strictObject({
  apiVersion: z.literal('podstrap.io/v1alpha1'),
  kind: z.literal('Plan'),
  podstrap: z.string().describe('version of the podstrap that made it; no other one applies it'),
  cluster: z.strictObject({
    name: z.string(),
    id: z.string().describe('identity of the cluster, as in its keystore and on its hosts'),
  }),
  made: z.iso.datetime().describe('when'),
  inventory: z
    .record(z.string(), sha256)
    .describe(
      'keyed digest of every part of the inventory, its patches and the certificates of its authorities',
    ),
  prune: z.boolean().describe('whether strangers are removed'),
  steps: z.array(step),
  strangers: z.array(stranger).describe('what is not podstrap’s, is left alone, and is no change'),
  uncompared: z
    .array(z.string())
    .exactOptional()
    .describe(
      'API objects that no API server could be asked about; `up` compares them once one answers, and applies those that differ',
    ),
  rollOut,
  seal: sha256.describe(
    'HMAC-SHA-256 of all the rest, as JSON with sorted keys and without spaces, with the key of the cluster’s keystore',
  ),
});

export type PlanDocument = z.output<typeof planSchema>;

/** What scripts may rely on; made from the definition that podstrap checks plan files by. */
export const planJsonSchema = (): object => ({
  title: 'podstrap plan',
  ...z.toJSONSchema(planSchema, { target: 'draft-7' }),
});

/** Whose plan it is, made of what, when. */
export type PlanIdentity = Pick<PlanDocument, 'podstrap' | 'cluster' | 'made' | 'inventory' | 'prune'>;

/** A plan as a document, sealed with the keystore's key. Pure. */
export function planDocument(
  plan: Plan,
  rollOut: RollOut,
  identity: PlanIdentity,
  key: Secret,
): PlanDocument {
  const rest = { apiVersion: 'podstrap.io/v1alpha1', kind: 'Plan', ...identity, ...plan, rollOut } as const;
  // Through JSON, so that what is compared later is what was written.
  const plain = JSON.parse(JSON.stringify(rest)) as Omit<PlanDocument, 'seal'>;
  return { ...plain, seal: sealOfDocument(plain, key) };
}

/** The seal of all of a document but the seal itself. */
export function sealOfDocument(document: object, key: Secret): string {
  const { seal: _own, ...rest } = document as { seal?: unknown };
  return sealOf(key, 'plan', JSON.stringify(sorted(rest)));
}
