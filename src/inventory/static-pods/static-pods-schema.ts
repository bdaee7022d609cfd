import { z } from 'zod';
import * as formats from '../formats.js';
import { dnsLabel, duration, labelKey, labelValue, text } from '../scalars.js';

// As in schema.ts: messages end the sentence "expected …", descriptions are the user's reference.

/** What templates are filled in with, beside what is known of the host. */
export const valuesSchema = z.record(z.string(), z.unknown()).default({});

const labelFields = {
  matchLabels: z.record(labelKey, labelValue).optional().describe('Labels that a host must have'),
  matchExpressions: z
    .array(
      z.strictObject({
        key: labelKey.describe('Key of the label'),
        operator: z
          .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
          .describe('How the label is compared, as in Kubernetes’ label selectors'),
        values: z.array(labelValue).optional().describe('With `In` and `NotIn`: the values'),
      }),
    )
    .optional()
    .describe('Conditions on labels, all of which must hold'),
};

/** Hosts by names and labels: all that is said must hold. */
export const hostSelectorSchema = z.strictObject({
  names: z.array(text).min(1).optional().describe('Names of hosts'),
  ...labelFields,
});

/** As hostSelectorSchema, where hosts have roles. */
const clusterSelectorSchema = hostSelectorSchema.extend({
  roles: z
    .array(z.enum(['control-plane', 'worker']))
    .min(1)
    .optional()
    .describe('Roles of which a host has at least one'),
});

const id = z.int().min(0).max(4_294_967_294);

const secretSource = z.strictObject({
  file: text
    .optional()
    .describe('A file on this machine; may begin with `~` or be relative to the inventory'),
  environment: z
    .string()
    .regex(formats.variablePattern, 'the name of an environment variable')
    .optional()
    .describe('An environment variable that `environment` lists'),
  command: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      'A program on this machine, with its arguments, that prints the secret. It is run without a shell, in the inventory’s ' +
        'folder, once for all hosts with the same arguments; nothing that it prints is shown',
    ),
  timeout: duration.default('30s').describe('How long the command may take'),
});

const file = z.strictObject({
  source: text
    .optional()
    .describe(
      'The file on this machine; may begin with `~`, be relative to the inventory, and contain `{{host.name}}`',
    ),
  secret: secretSource
    .optional()
    .describe(
      'Where it comes from instead, if it must stay secret: one of `file`, `environment` and `command`',
    ),
  path: z
    .string()
    .regex(/^(\/(?!\.\.?(\/|$))[^/\s:]+){2,}$/, 'an absolute path below a folder, without spaces and colons')
    .describe(
      'Path in the containers, read-only. Its folder is mounted, so nothing else of the image is visible in that folder',
    ),
  containers: z
    .array(dnsLabel)
    .min(1)
    .optional()
    .describe('Names of the containers that see it. Default: all'),
  template: z
    .boolean()
    .default(false)
    .describe('Fill in `{{values.NAME}}`, `{{host.name}}` and the like, as in the manifest'),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'permissions such as "0444", in quotes')
    .optional()
    .describe('Its permissions. Default: 0444, or 0400 for a secret'),
  user: id.optional().describe('User ID of its owner. Default: the container’s `runAsUser`, or root'),
  group: id.optional().describe('Group ID. Default: the container’s `runAsGroup`, or root'),
  onChange: z
    .enum(['restart', 'none'])
    .default('restart')
    .describe(
      'What happens to the pod when it changes. `restart`: the pod is replaced, behind its gate; `none`: the new content appears ' +
        'in place, and the pod reloads it by itself',
    ),
});

const staticPodsOf = <Selector extends z.ZodType>(selector: Selector) =>
  z
    .array(
      z.strictObject({
        name: dnsLabel.describe('Name of the pod, and of its manifest on the hosts'),
        manifest: text.describe(
          'YAML file with a v1 Pod, in which `{{values.NAME}}`, `{{host.name}}` and the like are filled in; ' +
            'may begin with `~` or be relative to the inventory',
        ),
        hosts: selector
          .optional()
          .describe('Where it runs; all conditions must hold. Default: on every host'),
        allowEmpty: z.boolean().default(false).describe('Allow `hosts` to match no host'),
        files: z
          .array(file)
          .default([])
          .describe('Files for its containers, as ConfigMaps and Secrets are for other pods'),
      }),
    )
    .default([])
    .describe(
      'Static pods of your own, in the order in which those of a host are changed. They run with or without an API server',
    );

/** `spec.staticPods` of a cluster. */
export const staticPodsSchema = staticPodsOf(clusterSelectorSchema);

/** `spec.staticPods` where hosts have no roles. */
export const staticPodsWithoutRolesSchema = staticPodsOf(hostSelectorSchema);
