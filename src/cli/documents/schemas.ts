import { z } from 'zod';
import { planJsonSchema } from '../../plan/documents/plan-document.js';
import {
  bundleDiffSchema,
  bundleFileSchema,
  bundleSchema,
  bundleSignatureSchema,
  bundleVerificationSchema,
} from './bundles.js';
import { certificateListSchema } from './certificate-list.js';
import { checkReportSchema } from './check-report.js';
import { cisReportSchema } from './cis-report.js';
import { encryptionChangeSchema, encryptionStatusSchema } from './encryption.js';
import { eventSchema } from './events.js';
import {
  inventoryFileSchema,
  kubeconfigFileSchema,
  renderedFilesSchema,
  snapshotSchema,
  unlockedHostsSchema,
} from './files.js';
import { runListSchema, runSchema } from './history.js';
import {
  completionScriptSchema,
  fieldSchema,
  imageListSchema,
  inventoryValidationSchema,
  versionsSchema,
} from './look-ups.js';
import { executedSchema, logLineSchema, podListSchema, usageSchema } from './pods.js';
import { practiceHostsListSchema, practiceHostsSchema, stoppedPracticeHostsSchema } from './practice.js';
import { statusSchema } from './status.js';

/** What each kind of document holds besides `apiVersion` and `kind`, but for the plan, which is a file as well. */
export const contents = {
  InventoryValidation: inventoryValidationSchema.describe('what `validate` found'),
  Field: fieldSchema.describe('what `explain` prints'),
  ImageList: imageListSchema.describe('what `images` prints'),
  Versions: versionsSchema.describe('what `version` prints'),
  CompletionScript: completionScriptSchema.describe('what `completion` prints'),
  InventoryFile: inventoryFileSchema.describe('what `init` wrote'),
  Event: eventSchema.describe('one line of what happens, and the result'),
  Status: statusSchema.describe('what `status` prints'),
  PodList: podListSchema.describe('what `pods` prints'),
  Usage: usageSchema.describe('what `top` prints'),
  LogLine: logLineSchema.describe('one line that `logs` prints'),
  Executed: executedSchema.describe('the result of `exec`'),
  CheckReport: checkReportSchema.describe('what `check` prints'),
  CisReport: cisReportSchema.describe('what `check --cis` prints'),
  EncryptionStatus: encryptionStatusSchema.describe('what `encryption status` prints'),
  EncryptionChange: encryptionChangeSchema.describe(
    'what `encryption rotate`, `migrate` and `disable` print',
  ),
  CertificateList: certificateListSchema.describe('what `certs` prints'),
  RenderedFiles: renderedFilesSchema.describe('what `render` wrote'),
  KubeconfigFile: kubeconfigFileSchema.describe('what `kubeconfig` wrote'),
  Snapshot: snapshotSchema.describe('what `etcd snapshot` wrote'),
  RunList: runListSchema.describe('what `history` prints'),
  Run: runSchema.describe('what `history show` prints'),
  UnlockedHosts: unlockedHostsSchema.describe('what `unlock` did'),
  PracticeHosts: practiceHostsSchema.describe('what `practice start` started'),
  PracticeHostsList: practiceHostsListSchema.describe('what `practice list` prints'),
  StoppedPracticeHosts: stoppedPracticeHostsSchema.describe('what `practice stop` did'),
  Bundle: bundleSchema.describe('what `bundle show` prints'),
  BundleFile: bundleFileSchema.describe('what `bundle create` and `bundle merge` wrote'),
  BundleVerification: bundleVerificationSchema.describe('what `bundle verify` proved'),
  BundleSignature: bundleSignatureSchema.describe('what `bundle sign` wrote'),
  BundleDiff: bundleDiffSchema.describe('what `bundle diff` prints'),
} as const;

/** What `-o json` prints, by `kind`. */
export type DocumentKind = keyof typeof contents;

type Told<T> = T extends readonly (infer One)[]
  ? readonly Told<One>[]
  : T extends object
    ? { readonly [Key in keyof T]: Told<T[Key]> }
    : T;

/** What a document of this kind holds. */
export type ContentOf<Kind extends DocumentKind> = Told<z.output<(typeof contents)[Kind]>>;

const option = { target: 'draft-7' } as const;

/** The name in `schema/` of the JSON Schema of a kind: `certificate-list.schema.json`. */
export const documentSchemaFile = (kind: string): string =>
  `${kind.replace(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()}.schema.json`;

/** The JSON Schema of each kind of document. */
export function documentSchemas(): ReadonlyMap<string, object> {
  const head = (kind: string) => ({
    apiVersion: z.literal('podstrap.io/v1alpha1'),
    kind: z.literal(kind),
  });
  const whole = Object.entries(contents).map(([kind, content]): [string, z.ZodType] => [
    kind,
    content instanceof z.ZodUnion
      ? z.union(content.options.map((one) => one.extend(head(kind)))).describe(content.description!)
      : content.extend(head(kind)).describe(content.description!),
  ]);
  const schemas = whole.map(([kind, schema]): [string, object] => [
    kind,
    { title: `podstrap ${kind}`, ...z.toJSONSchema(schema, option) },
  ]);
  return new Map([['Plan', { description: 'what `plan` prints', ...planJsonSchema() }], ...schemas]);
}
