import { z } from 'zod';
import { parseNetworks } from '../networks.js';
import { text } from '../scalars.js';
import { hostSchema, inventorySchema, specSchema } from '../schema.js';
import {
  hostSelectorSchema,
  staticPodsWithoutRolesSchema,
  valuesSchema,
} from '../static-pods/static-pods-schema.js';
import { rolloutSchema } from './rollout-schema.js';

// As in schema.ts: messages end the sentence "expected …", descriptions are the user's reference.

const { shape } = specSchema;
const { labels, ...host } = hostSchema.pick({
  name: true,
  address: true,
  advertiseAddress: true,
  labels: true,
  transport: true,
  hostKey: true,
  ssh: true,
  kubelet: true,
}).shape;

const values = valuesSchema.describe(
  'Values for templates, as `{{values.NAME}}`; those of groups and hosts override those of the fleet',
);

/** A host of a fleet, in the file itself or in a list that it names. */
export const fleetHostSchema = z.strictObject({
  ...host,
  advertiseAddress: host.advertiseAddress.describe(
    'IP address of the host, for probes of its pods. Default: `address`, when that is an IP address',
  ),
  labels: labels.describe('Labels by which groups, pods and stages select the host'),
  values: values.describe('As `spec.values`, for this host only'),
});

/** How many hosts a list has, and whose they are. */
const hostsFromSchema = z.strictObject({
  file: text
    .optional()
    .describe(
      'A CSV file whose first line names the columns (`name`, `address`, `labels.KEY`, `values.NAME`, `ssh.port`, …), or a JSON file; `~` and paths relative to the inventory are understood',
    ),
  command: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      'A program on this machine, with its arguments, that prints JSON: a list of hosts, or a mapping from names to hosts. It is run without a shell, in the inventory’s folder',
    ),
  timeout: shape.ssh.def.innerType.shape.connectTimeout
    .unwrap()
    .default('1m')
    .describe('How long the command may take'),
});

/** What every fleet has of kubelets, runtime, artifacts and certificates is what clusters have. */
const shared = {
  kubernetesVersion: shape.kubernetesVersion.describe('Version of the kubelets, as `vX.Y.Z`'),
  imageRepository: shape.imageRepository.describe('Where the sandbox image of the pods comes from'),
  certificateValidityPeriod: shape.certificateValidityPeriod,
  certificateRenewBefore: shape.certificateRenewBefore,
  caCertificateValidityPeriod: shape.caCertificateValidityPeriod.describe(
    'Lifetime of the fleet’s certificate authority',
  ),
  encryptionAlgorithm: shape.encryptionAlgorithm,
  ssh: shape.ssh,
  kubelet: shape.kubelet,
  containerd: shape.containerd,
  proxy: shape.proxy.describe('HTTP proxy for containerd and the kubelet'),
  artifacts: shape.artifacts,
  revisionHistoryLimit: shape.revisionHistoryLimit,
};

export const fleetSpecSchema = z.strictObject({
  ...shared,
  networking: z
    .strictObject({
      plugin: z
        .enum(['bridge', 'host'])
        .default('bridge')
        .describe(
          '`bridge`: each pod has an address of its own on its host, which is reached from outside by `hostPort`; `host`: none ' +
            'is installed, and pods need `hostNetwork: true`',
        ),
      podSubnet: z
        .string()
        .refine((value) => parseNetworks(value) !== undefined, {
          error: 'a network such as 10.244.0.0/24, or one IPv4 and one IPv6 network separated by a comma',
        })
        .optional()
        .describe(
          'Network of the pods on each host. It is the same on every host, as it is not visible outside; one IPv4 and one IPv6 network, separated by a comma, for both. Default with `bridge`: 10.244.0.0/24',
        ),
    })
    .prefault({})
    .describe('How pods are reached'),
  values,
  groups: z
    .array(
      z.strictObject({
        name: text.describe('Name of the group, for people'),
        hosts: hostSelectorSchema.shape.names.describe('Names of its hosts'),
        matchLabels: hostSelectorSchema.shape.matchLabels.describe('Labels that its hosts have'),
        matchExpressions: hostSelectorSchema.shape.matchExpressions,
        allowEmpty: z.boolean().default(false).describe('Allow it to have no hosts'),
        labels: labels.describe('Labels for its hosts, unless they have that key already'),
        values: values.describe('As `spec.values`, for the hosts of the group'),
      }),
    )
    .default([])
    .describe('Groups of hosts with labels or values in common; later groups override earlier ones'),
  hosts: z.array(fleetHostSchema).default([]).describe('The machines of the fleet'),
  hostsFrom: z
    .array(hostsFromSchema)
    .default([])
    .describe('More machines, listed elsewhere; each has the fields of `hosts`'),
  staticPods: staticPodsWithoutRolesSchema,
  rollout: rolloutSchema,
});

/** An inventory of hosts without an API, as the user writes it. */
export const fleetSchema = z.strictObject({
  apiVersion: inventorySchema.shape.apiVersion,
  kind: z.literal('Fleet').describe('What the file describes'),
  metadata: z
    .strictObject({
      name: inventorySchema.shape.metadata.shape.name.describe(
        'Name of the fleet, in messages and for its folder in .podstrap/',
      ),
    })
    .describe('The identity of the fleet'),
  environment: inventorySchema.shape.environment,
  spec: fleetSpecSchema.describe('The desired state of the hosts'),
});
