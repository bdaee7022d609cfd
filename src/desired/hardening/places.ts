/** Where on a control plane lie what the API server reads and writes because of how hard its cluster is. */
export const hardeningPlaces = {
  /** One folder, so that a further file needs no further mount. */
  folder: '/etc/kubernetes/hardening',
  auditPolicy: '/etc/kubernetes/hardening/audit-policy.yaml',
  authentication: '/etc/kubernetes/hardening/authentication.yaml',
  encryption: '/etc/kubernetes/hardening/encryption.yaml',
  admission: '/etc/kubernetes/hardening/admission.yaml',
  auditFolder: '/var/log/kubernetes/audit',
  auditLog: '/var/log/kubernetes/audit/audit.log',
} as const;
