import { encryptionFlags } from '../../inventory/hardening/encryption-wishes.js';
import { type RowName, rowOf } from '../../inventory/hardening/rows.js';
import type { ComponentName } from '../../kubernetes/pod-names.js';

/** Flags by which rows say more than a value: they name a file, or stand in a list. */
const more: Readonly<Partial<Record<RowName, readonly string[]>>> = {
  anonymous: ['authentication-config'],
  audit: [
    'audit-policy-file',
    'audit-log-path',
    'audit-log-maxage',
    'audit-log-maxbackup',
    'audit-log-maxsize',
  ],
  encryption: encryptionFlags,
  denyServiceExternalIPs: ['enable-admission-plugins'],
  eventRateLimit: ['enable-admission-plugins', 'admission-control-config-file'],
  podSecurity: ['admission-control-config-file'],
};

/** Names of the flags of a component that are there, or are as they are, because of a row. */
export const hardeningFlags = (name: RowName, component: ComponentName): readonly string[] => [
  ...(rowOf(name).flags?.[component] ?? []).map((flag) => flag.name),
  ...(component === 'kube-apiserver' ? (more[name] ?? []) : []),
];
