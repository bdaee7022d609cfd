import type { Json } from './server-side-apply.js';

/** Who set which fields of an object. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Json;
}

export interface Metadata extends Json {
  name?: string;
  namespace?: string;
  resourceVersion?: string;
  managedFields?: ManagedFields[];
  labels?: Record<string, string>;
}

/** An object as the API shows it. */
export type Stored = Json & { metadata: Metadata };

/** A change as it is asked for. */
export interface Change {
  readonly manager: string | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
}
