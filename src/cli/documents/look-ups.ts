import { z } from 'zod';

/** What `podstrap validate` found. */
export const inventoryValidationSchema = z.strictObject({
  file: z.string(),
  cluster: z.string(),
  kubernetesVersion: z.string(),
  hosts: z.int(),
  controlPlanes: z.int(),
  workers: z.int().describe('hosts that are only workers'),
  warnings: z
    .array(
      z.strictObject({
        file: z.string(),
        line: z.int(),
        column: z.int(),
        path: z.string().describe('of the field'),
        found: z.string(),
        expected: z.string(),
      }),
    )
    .describe('what is allowed but unwise'),
});

/** What `podstrap explain` tells. */
export const fieldSchema = z.strictObject({
  inventory: z.enum(['Cluster', 'Fleet']).describe('the kind of inventory that has it'),
  path: z
    .string()
    .describe('with `[]` for each of a list and `*` for any name; empty for the whole inventory'),
  required: z.boolean(),
  schema: z.record(z.string(), z.unknown()).describe('JSON Schema, draft 7'),
  fields: z.array(z.string()).describe('paths of the fields directly below'),
});

/** What `podstrap images` tells. */
export const imageListSchema = z.strictObject({
  kubernetesVersion: z.string(),
  arch: z.enum(['amd64', 'arm64']).describe('of the binaries'),
  images: z.array(z.string()).describe('full names'),
  binaries: z.array(
    z.strictObject({
      name: z.string(),
      version: z.string(),
      url: z.string().describe('where upstream serves it'),
    }),
  ),
});

/** What `podstrap version` tells. */
export const versionsSchema = z.strictObject({
  podstrap: z.string(),
  node: z.string().describe('Node.js that runs it'),
  kubernetes: z.strictObject({ supported: z.array(z.string()).describe('minors, such as `v1.36`') }),
  cluster: z
    .strictObject({
      name: z.string(),
      kubernetesVersion: z.string(),
      etcd: z.string().describe('tag of its image'),
      coredns: z.string().describe('tag of its image'),
      containerd: z.string(),
      runc: z.string(),
    })
    .exactOptional()
    .describe('what the inventory asks for, where there is one'),
});

/** What `podstrap completion` prints. */
export const completionScriptSchema = z.strictObject({
  shell: z.enum(['bash', 'zsh', 'fish']),
  script: z.string(),
});
