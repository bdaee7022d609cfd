import type { ApiObject } from '../../kubernetes/api-object.js';
import { clusterRole, clusterRoleBinding, configMapReaders, group, user } from './rbac.js';

/** Group of the bootstrap tokens that kubeadm hands to joining nodes. */
const joining = group('system:bootstrappers:kubeadm:default-node-token');
const nodes = group('system:nodes');
const csr = 'system:certificates.k8s.io:certificatesigningrequests';

/**
 * kubeadm's access rules, under its names. First those that the certificates which podstrap issues depend on: without
 * them an administrator, or the API server talking to a kubelet, is refused.
 */
export const access: readonly ApiObject[] = [
  clusterRoleBinding('kubeadm:cluster-admins', 'cluster-admin', group('kubeadm:cluster-admins')),
  clusterRoleBinding(
    'kubeadm:apiserver-kubelet-client',
    'system:kubelet-api-admin',
    user('kube-apiserver-kubelet-client'),
  ),
  clusterRoleBinding('kubeadm:node-autoapprove-certificate-rotation', `${csr}:selfnodeclient`, nodes),
  clusterRoleBinding('kubeadm:node-autoapprove-bootstrap', `${csr}:nodeclient`, joining),
  clusterRoleBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', joining),
  clusterRole('kubeadm:get-nodes', { apiGroups: [''], resources: ['nodes'], verbs: ['get'] }),
  clusterRoleBinding('kubeadm:get-nodes', 'kubeadm:get-nodes', joining),
  ...configMapReaders('kubeadm:nodes-kubeadm-config', 'kube-system', 'kubeadm-config', [joining, nodes]),
  ...configMapReaders('kubeadm:kubelet-config', 'kube-system', 'kubelet-config', [nodes, joining]),
  ...configMapReaders('kubeadm:bootstrap-signer-clusterinfo', 'kube-public', 'cluster-info', [
    user('system:anonymous'),
  ]),
];
