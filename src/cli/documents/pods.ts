import { z } from 'zod';
import { unreachable } from './told.js';

/** A line that `podstrap logs` tells. */
export const logLineSchema = z.strictObject({
  pod: z.string().describe('name of the static pod'),
  host: z.string(),
  container: z.string(),
  at: z.string().describe('when it was written, as the container runtime noted it'),
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
});

/** What came of `podstrap exec`. */
export const executedSchema = z.strictObject({
  host: z.string(),
  pod: z.string().describe('name of the static pod'),
  code: z.int().describe('exit code of the command'),
  stdout: z.string(),
  stderr: z.string(),
});

const listedPod = z.strictObject({
  host: z.string(),
  namespace: z.string().exactOptional(),
  pod: z.string().describe('name of the static pod, or of the pod of the API'),
  state: z
    .enum(['runs', 'other-revision', 'missing', 'no-manifest', 'not-podstrap'])
    .describe(
      'what runs is what the manifest on the host says; another revision; nothing runs; a pod of podstrap’s without a manifest; a pod that is not podstrap’s',
    ),
  revision: z.string().exactOptional().describe('of the pod that runs'),
  manifest: z.string().exactOptional().describe('revision of the manifest on the host'),
  containers: z.array(z.string()).describe('those that run'),
  restarts: z.int(),
  age: z.int().exactOptional().describe('seconds since it was started, by the host’s own clock'),
});

/** What `podstrap pods` tells. */
export const podListSchema = z.strictObject({
  cluster: z.string(),
  pods: z.array(listedPod),
  unreachable: z.array(unreachable),
});

const usedByPod = z.strictObject({
  namespace: z.string(),
  name: z.string().describe('with the name of the node at its end'),
  cpu: z.number().exactOptional().describe('processors, on average over a second'),
  memory: z.number().exactOptional().describe('bytes, without cached files that can be dropped at once'),
  limit: z.number().exactOptional().describe('bytes that it may have'),
});

/** What `podstrap top` tells. */
export const usageSchema = z.strictObject({
  cluster: z.string(),
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      cpus: z.int(),
      cpu: z.number().exactOptional().describe('processors that are busy, on average over a second'),
      memory: z.strictObject({ total: z.number(), used: z.number() }).describe('bytes'),
      pods: z.array(usedByPod),
    }),
  ),
  unreachable: z.array(unreachable),
});
