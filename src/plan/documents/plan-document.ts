import { z } from 'zod';
import { sorted } from '../../desired/canonical-yaml.js';
import type { Secret } from '../../secret.js';
import { actionSchema } from '../action.js';
import type { Estimate } from '../estimate.js';
import { phases } from '../phases.js';
import type { Plan } from '../step.js';
import { arrivals, gates, phasesOf, undoings, waveKinds } from '../waves/wave.js';
import { sealOf } from './seal.js';
import { veiled } from './veiled.js';

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
    .describe(
      'what is there now and goes: the digest of a file or image, `directory` or `other` where something else is at the path, the value of a setting',
    ),
  diff: z
    .string()
    .exactOptional()
    .describe('unified diff of a text file or of an object as YAML: what is there against what is wanted'),
});

const stranger = z.strictObject({
  host,
  path: z.string(),
  said: z.string().describe('what it is, as a sentence without its full stop'),
});

const wave = z.strictObject({
  name: z.string().describe('tells it from the other waves'),
  title: z.string(),
  kind: z.enum(waveKinds).describe('what it is about'),
  stage: z.string().exactOptional().describe('the stage of the run’s events that it belongs to'),
  after: z
    .array(z.string())
    .describe(`waves that have to have ended, by name, and what has to have come: ${arrivals.join(', ')}`),
  hosts: z.array(host),
  phases: z.array(phase).describe('those of its steps'),
  steps: z.array(z.int().nonnegative()).describe('its steps, by their place in `steps`, counted from 0'),
  together: z.int().positive().describe('how many of the hosts go at the same time'),
  restarts: z.array(z.string()).describe('components and units that stop for a moment'),
  gates: z.array(z.enum(gates)).describe('what has to hold on its hosts'),
  watch: z.array(host).describe('hosts that have to stay well meanwhile, and for a while after'),
  undo: z.enum(undoings).describe('what a failure puts back'),
  rollout: z.string().exactOptional().describe('the stage of a fleet’s roll-out that it belongs to'),
});

const rollOut = z.strictObject({
  waves: z
    .array(wave)
    .describe('in which order the steps are taken, in the order in which the waves can begin'),
  seconds: z.number().describe('about how long it takes, without the time that the bytes need'),
  watched: z.number().describe('the part of it in which changed nodes are only watched'),
  bytes: z.number().describe('bytes that travel to the host which needs most of them'),
});

/** The version of the document's format: an earlier one has no order that could be followed. */
export const planFormat = 2;

/** The one definition of a plan as a file: its type, its check and the JSON Schema that ships come from it. */
export const planSchema = z.strictObject({
  apiVersion: z.literal('podstrap.io/v1alpha1'),
  kind: z.literal('Plan'),
  format: z.literal(planFormat).describe('version of the format of this document'),
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
  { waves, ...plan }: Plan,
  estimate: Estimate,
  identity: PlanIdentity,
  key: Secret,
): PlanDocument {
  const place = new Map(plan.steps.map((step, index) => [step, index]));
  const told = waves.map((one) => ({
    ...one,
    phases: phasesOf(one),
    steps: one.steps.map((step) => place.get(step)!),
  }));
  const rest = {
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Plan',
    format: planFormat,
    ...identity,
    ...plan,
    steps: veiled(plan.steps, key),
    rollOut: { waves: told, ...estimate },
  } as const;
  // Through JSON, so that what is compared later is what was written.
  const plain = JSON.parse(JSON.stringify(rest)) as Omit<PlanDocument, 'seal'>;
  return { ...plain, seal: sealOfDocument(plain, key) };
}

/** The seal of all of a document but the seal itself. */
export function sealOfDocument(document: object, key: Secret): string {
  const { seal: _own, ...rest } = document as { seal?: unknown };
  return sealOf(key, 'plan', JSON.stringify(sorted(rest)));
}
