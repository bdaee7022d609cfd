import { z } from 'zod';
import { text } from '../scalars.js';
import { ciphers } from './ciphers.js';
import { profiles, type RowName, rowNames, rowOf } from './rows.js';

/** Rows that no other field decides about. */
const switched = rowNames.filter((name) => rowOf(name).field === undefined);

const onByDefault = {
  default: '`true` in a new cluster and with a profile, else `false`',
  cis: '`true` with `profile: cis`, else `false`',
  none: '`false`',
};

const switches = Object.fromEntries(
  switched.map((name) => {
    const { does, profile, cis } = rowOf(name);
    const asked = cis.length === 0 ? '' : ` (CIS ${cis.join(', ')})`;
    return [name, z.boolean().optional().describe(`${does}${asked}. Default: ${onByDefault[profile]}`)];
  }),
) as Record<Exclude<RowName, 'anonymous' | 'audit' | 'encryption'>, z.ZodOptional<z.ZodBoolean>>;

const claimOrExpression = {
  claim: text.optional().describe('Name of the claim'),
  expression: text.optional().describe('CEL expression over `claims`, instead of `claim`'),
};
const prefixed = z.strictObject({
  ...claimOrExpression,
  prefix: z.string().optional().describe('Prefix of the value; required with `claim`, and may be empty'),
});

/** As in AuthenticationConfiguration of apiserver.config.k8s.io/v1. */
const jwt = z.strictObject({
  issuer: z
    .strictObject({
      url: text.describe('URL of the issuer, as `iss` of its tokens says it'),
      discoveryURL: text.optional().describe('Where its configuration is found, if not below `url`'),
      certificateAuthority: text
        .optional()
        .describe('PEM of the authority that signed its certificate. Default: those of the host'),
      audiences: z.array(text).min(1).describe('Whom tokens are for: `aud` must be one of these'),
      audienceMatchPolicy: z.literal('MatchAny').optional().describe('Needed with several audiences'),
      egressSelectorType: z
        .enum(['controlplane', 'cluster'])
        .optional()
        .describe('Egress through which it is reached'),
    })
    .describe('Issuer of the tokens'),
  claimMappings: z
    .strictObject({
      username: prefixed.describe('The name of the user'),
      groups: prefixed.optional().describe('The groups of the user'),
      uid: z.strictObject(claimOrExpression).optional().describe('The UID of the user'),
      extra: z
        .array(
          z.strictObject({
            key: text.describe('Key, such as example.com/team'),
            valueExpression: text.describe('CEL expression over `claims`'),
          }),
        )
        .optional()
        .describe('Further attributes of the user'),
    })
    .describe('How the claims of a token are mapped to the user'),
  claimValidationRules: z
    .array(
      z.strictObject({
        claim: text.optional().describe('Name of a claim that must be there'),
        requiredValue: z.string().optional().describe('Value that it must have'),
        expression: text
          .optional()
          .describe('CEL expression over `claims` that must be true, instead of `claim`'),
        message: text.optional().describe('Message to the caller if the expression is false'),
      }),
    )
    .optional()
    .describe('Conditions on a token'),
  userValidationRules: z
    .array(
      z.strictObject({
        expression: text.describe('CEL expression over `user` that must be true'),
        message: text.optional().describe('Message to the caller if it is false'),
      }),
    )
    .optional()
    .describe('Conditions on the resulting user'),
});

const count = (given: number) => z.int().min(1).default(given);

/** What an inventory says of how hard a cluster is. */
export const hardeningFields = {
  profile: z
    .enum(profiles)
    .optional()
    .describe(
      'How the cluster is hardened. `default`: what costs nothing. `cis`: whatever the scored checks of the CIS Kubernetes Benchmark ask for; docs/hardening.md has every row. Without it a cluster keeps what it was created with: a new one has the rows of `default`, one made by an earlier podstrap has none',
    ),
  hardening: z
    .strictObject(switches)
    .default({})
    .describe('Rows of the profile to switch on or off individually'),
  audit: z
    .strictObject({
      policy: text
        .optional()
        .describe(
          '`baseline`: podstrap’s own policy (docs/hardening.md); `off`; or a file with a Policy of audit.k8s.io/v1, which may begin with `~` or be relative to the inventory. Default: `baseline` with `profile: cis`, else `off`',
        ),
      maxAge: count(30).describe('Days after which a rotated log is deleted'),
      maxBackup: count(10).describe('How many rotated logs are kept'),
      maxSize: count(100).describe('Megabytes after which a log is rotated'),
    })
    .optional()
    .describe('The audit log of the API servers, in /var/log/kubernetes/audit on each control plane'),
  encryption: z
    .strictObject({
      provider: z
        .enum([...ciphers, 'identity'])
        .optional()
        .describe(
          'What new data is encrypted with. `secretbox`: XSalsa20 and Poly1305; `aescbc` and `aesgcm`: AES-256, as Kubernetes has them, with what it says of their weaknesses; `identity`: nothing is encrypted. A cluster that exists follows it with `podstrap encryption migrate`, or `disable`. Default: `identity`',
        ),
      resources: z
        .array(text)
        .min(1)
        .default(['secrets'])
        .describe(
          'What is encrypted: `secrets`, `configmaps`, or custom resources such as `tokens.example.com`',
        ),
    })
    .optional()
    .describe('How the API servers encrypt what they store in etcd; docs/encryption.md'),
  authentication: z
    .strictObject({
      anonymous: z
        .enum(['health', 'all'])
        .optional()
        .describe(
          'What is answered without credentials. `health`: /livez, /readyz and /healthz, for probes and load balancers; `all`: whatever RBAC grants to system:anonymous. Default: `health` with a profile and in a new cluster, else `all`',
        ),
      jwt: z
        .array(jwt)
        .max(64)
        .default([])
        .describe('Issuers of tokens, as `jwt` of Kubernetes’ AuthenticationConfiguration has them'),
    })
    .optional()
    .describe(
      'How the API servers authenticate requests, besides certificates and tokens of service accounts',
    ),
};
