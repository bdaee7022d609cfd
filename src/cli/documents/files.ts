import { z } from 'zod';

/** What `podstrap init` wrote. */
export const inventoryFileSchema = z.strictObject({ file: z.string().describe('the file that was written') });

/** What `podstrap render` wrote. */
export const renderedFilesSchema = z.strictObject({
  out: z.string().describe('the folder'),
  files: z.array(z.string()).describe('paths below it'),
});

/** What `podstrap kubeconfig` wrote. */
export const kubeconfigFileSchema = z.strictObject({
  kubeconfig: z.string().describe('the file that was written'),
});

/** What `podstrap etcd snapshot` wrote. */
export const snapshotSchema = z.strictObject({
  path: z.string().describe('the file that was written'),
  host: z.string().describe('the host of the member that it was taken of'),
  size: z.number().describe('bytes'),
  version: z.string().describe('of etcd'),
});

/** What `podstrap unlock` did. */
export const unlockedHostsSchema = z.strictObject({
  unlocked: z
    .array(
      z.strictObject({
        host: z.string(),
        owner: z.string().exactOptional().describe('user@machine, and the command, of the run that held it'),
      }),
    )
    .describe('hosts that were locked'),
});
