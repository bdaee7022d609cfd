import { z } from 'zod';
import { unreachable } from './told.js';

const certificate = z.strictObject({
  host: z.string().exactOptional().describe('absent for those in the keystore'),
  path: z.string().describe('on the host; in the keystore its name, such as `operator/etcd`'),
  part: z.enum(['client', 'authority']).optional().describe('which one, in a kubeconfig'),
  name: z
    .string()
    .exactOptional()
    .describe('its name for `certs renew`; absent for what podstrap did not make'),
  commonName: z.string(),
  organizations: z.array(z.string()),
  issuer: z.string().describe('common name of who signed it'),
  dnsNames: z.array(z.string()),
  ipAddresses: z.array(z.string()),
  usages: z.array(z.string()).describe('`serverAuth`, `clientAuth`; others as object identifiers'),
  authority: z.boolean().describe('whether it may sign others'),
  notBefore: z.string().describe('ISO 8601'),
  expires: z.string().describe('ISO 8601'),
  daysLeft: z.number(),
  algorithm: z.string().describe('of its key, such as `ECDSA-P256`'),
  serial: z.string().describe('hex'),
  fingerprint: z.string().describe('SHA-256, hex with colons'),
  readBy: z
    .array(
      z.strictObject({
        component: z.string(),
        effect: z.enum(['none', 'restart', 'reload']).describe('what a new one asks of it'),
      }),
    )
    .describe('who reads it'),
  elsewhere: z
    .literal(true)
    .exactOptional()
    .describe('another operator made it: its key is not in this keystore, and `up` leaves it alone'),
  problems: z.array(z.string()).describe('as sentences without their full stop'),
});

/** What `podstrap certs` tells. */
export const certificateListSchema = z.strictObject({
  cluster: z.string().describe('its name'),
  items: z.array(certificate).describe('the one that expires first comes first'),
  unreachable: z.array(unreachable).describe('hosts whose certificates are not in the list'),
});
