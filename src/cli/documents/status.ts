import { z } from 'zod';
import { strangers, uncompared, unreachable } from './told.js';

const pod = z.strictObject({
  name: z.string(),
  version: z
    .string()
    .exactOptional()
    .describe('of the image in the manifest on the host; absent when its tag is not a version'),
  wantedRevision: z.string().describe('value of the label podstrap.io/revision that it should have'),
  running: z
    .enum(['wanted', 'other', 'none'])
    .describe('whether the wanted revision runs, another one, or nothing'),
  revision: z.string().exactOptional().describe('of what runs'),
  restarts: z.int(),
  healthy: z.boolean(),
  missing: z.string().exactOptional().describe('what its gate still waits for'),
});

const certificate = z.strictObject({
  name: z.string(),
  path: z.string(),
  expires: z.string().describe('ISO 8601'),
  daysLeft: z.number(),
});

const lock = z
  .strictObject({
    owner: z.string().describe('user@machine, and the command'),
    age: z.number().exactOptional().describe('seconds since it was taken'),
    silent: z.number().describe('seconds since its last heartbeat'),
  })
  .describe('the run that holds its lock; seconds by the host’s own clock');

const host = z.strictObject({
  host: z.string(),
  reachable: z.boolean(),
  said: unreachable.shape.said.exactOptional(),
  os: z.string().exactOptional(),
  kubelet: z
    .strictObject({
      healthy: z.boolean(),
      missing: z.string().exactOptional().describe('what its gate still waits for'),
      version: z.string().exactOptional().describe('of the program on the disk'),
    })
    .exactOptional(),
  lock: lock.exactOptional(),
  pods: z.array(pod).describe('its static pods'),
  certificates: z.array(certificate),
  drift: z.array(z.string()).describe('what `up` would change here, as sentences'),
});

const member = z.strictObject({
  name: z.string(),
  id: z.string(),
  role: z.enum(['leader', 'member', 'learner']),
  answers: z.boolean(),
  version: z.string().exactOptional(),
});

const workload = z.strictObject({
  object: z.string().describe('such as `Deployment shop/web`'),
  state: z.enum(['well', 'not-well', 'unknown']).describe('`unknown` where no API server tells'),
  said: z.string().exactOptional().describe('what is missing, and what its pods say'),
});

const addon = z.strictObject({
  name: z.string(),
  of: z
    .enum(['inventory', 'podstrap'])
    .describe('of `spec.addons`, or one of podstrap’s own: kube-proxy and CoreDNS'),
  objects: z.int().describe('how many it has'),
  workloads: z.array(workload).describe('those that run pods, or define kinds'),
});

const podCount = z.strictObject({
  pod: z.string(),
  wanted: z.int().describe('hosts that run the wanted revision'),
  other: z.int().describe('hosts that run another one'),
  none: z.int().describe('hosts on which it does not run'),
  unhealthy: z.int().describe('hosts on which it is not healthy'),
  revisions: z
    .array(z.strictObject({ revision: z.string(), hosts: z.int() }))
    .describe('what runs, the most frequent first'),
});

const group = z.strictObject({
  group: z
    .string()
    .exactOptional()
    .describe('value of the label that `--by` names, or the name of the host; absent for hosts without it'),
  hosts: z.int(),
  away: z.int().describe('those of them that could not be reached'),
  pods: z.array(podCount),
});

/** What `podstrap status` tells. */
export const statusSchema = z.strictObject({
  cluster: z.string().describe('its name'),
  kubernetesVersion: z
    .string()
    .describe('that of the inventory; `hosts[]` and `etcd[]` have what is running'),
  situation: z
    .string()
    .describe(
      '`new`, `bootstrapping`, `live`, `down`, `lost`, or `standalone` of a fleet; see architecture.md',
    ),
  healthy: z
    .boolean()
    .describe(
      'every kubelet and pod is healthy, every etcd member answers and votes; also the exit code, 0 or 1',
    ),
  hosts: z.array(host),
  groups: z.array(group).describe('how many hosts run which revisions: all together, or by what `--by` says'),
  etcd: z.array(member),
  addons: z
    .array(addon)
    .describe(
      'no part of `healthy`, since nothing of the control plane depends on them; empty before the cluster lives',
    ),
  virtualAddress: z
    .strictObject({
      address: z.string(),
      holders: z.array(z.string()).describe('hosts that have it: one, normally'),
    })
    .exactOptional(),
  clusterDrift: z.array(z.string()).describe('what `up` would change in the API, as sentences'),
  uncompared,
  strangers,
  refused: z
    .array(z.string())
    .describe(
      'what the inventory asks for and the cluster cannot take, as sentences; `plan` and `up` refuse with them',
    ),
});
