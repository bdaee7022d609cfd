import { z } from 'zod';

const writer = z.string().describe('`identity`, or a provider and the name of its key');

/** What `podstrap encryption status` tells. */
export const encryptionStatusSchema = z.strictObject({
  cluster: z.string().describe('its name'),
  wanted: z
    .string()
    .describe('the provider that is asked for, `identity` for none, or `its own configuration`'),
  objects: z
    .array(
      z.strictObject({
        resource: z.string().describe('`secrets`, or another one'),
        writer,
        count: z.int().describe('how many objects in etcd are written so'),
        wanted: z.boolean().describe('whether that is what is asked for'),
      }),
    )
    .describe('counted in etcd itself'),
  hosts: z.array(
    z.strictObject({
      host: z.string().describe('name of the control plane'),
      keys: z
        .array(z.strictObject({ resource: z.string(), names: z.array(writer) }))
        .describe('what it can read, in the order in which it is tried; the first one writes'),
      loaded: z.boolean().describe('whether its API server has loaded what the keystore has'),
      said: z.string().exactOptional().describe('why it could not be asked'),
    }),
  ),
  retired: z.array(writer).describe('keys in the keystore that only snapshots of etcd may still need'),
  toward: writer.exactOptional().describe('what a change that has begun leads to'),
  ok: z.boolean().describe('true when everything is written as it is asked for, and can be read everywhere'),
});

/** What `podstrap encryption rotate`, `migrate` and `disable` have done. */
export const encryptionChangeSchema = z.strictObject({
  writer,
  resources: z.array(z.string()).describe('what is encrypted with it'),
  rewritten: z.int().describe('how many objects were written again'),
  changed: z.boolean().describe('false when there was nothing to do'),
});
