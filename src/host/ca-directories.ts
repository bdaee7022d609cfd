/**
 * Directories that /etc/ssl/certs may be linked into, by distribution. kube-apiserver and kube-controller-manager see
 * those that exist, as with kubeadm.
 */
export const optionalCaDirectories: readonly string[] = [
  '/etc/ca-certificates',
  '/etc/pki/ca-trust',
  '/etc/pki/tls/certs',
  '/usr/local/share/ca-certificates',
  '/usr/share/ca-certificates',
];
