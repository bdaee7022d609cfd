import { z } from 'zod';
import { fleetSchema } from './fleet/fleet-schema.js';
import { inventorySchema } from './schema.js';

/** The part of JSON Schema (draft 7) that the inventory's definition makes use of. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Version of the document's format, as in the file's name. */
export const schemaFile = 'cluster.v1alpha1.json';

let made: JsonSchema | undefined;

/** What editors complete and check an inventory by; made from the same definition that podstrap checks it by. */
export function jsonSchema(): JsonSchema {
  made ??= { title: 'podstrap cluster inventory', ...z.toJSONSchema(inventorySchema, options) } as JsonSchema;
  return made;
}

/** The same of fleets. */
export const fleetSchemaFile = 'fleet.v1alpha1.json';

let madeForFleets: JsonSchema | undefined;

/** The same for inventories of hosts without an API. */
export function fleetJsonSchema(): JsonSchema {
  madeForFleets ??= {
    title: 'podstrap fleet inventory',
    ...z.toJSONSchema(fleetSchema, options),
  } as JsonSchema;
  return madeForFleets;
}

// Draft 7 is what yaml-language-server implements most of.
const options = { io: 'input', target: 'draft-7' } as const;

/** Definition of a child; undefined where the schema leaves it free. */
export function childSchema(schema: JsonSchema | undefined, step: string | number): JsonSchema | undefined {
  if (schema === undefined) return undefined;
  if (typeof step === 'number') return schema.items;
  const { properties, additionalProperties: others } = schema;
  return properties?.[step] ?? (typeof others === 'object' ? others : undefined);
}
