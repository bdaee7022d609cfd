import { schemaFile } from './json-schema.js';

/**
 * The first inventory of a cluster, with comments for its author: one control plane that also takes workload, and the
 * usual next steps commented out. Valid as it is.
 * @param schema where editors find the JSON Schema: a path relative to the file, or a URL; undefined where it has to be
 * written first
 */
export const starterInventory = ({ name, schema }: { name: string; schema: string | undefined }): string =>
  `${schema === undefined ? `# For an editor that knows every field: podstrap explain --schema >${schemaFile}\n` : ''}# yaml-language-server: $schema=${schema ?? schemaFile}
# The cluster ${name}, as podstrap creates it and keeps it.
# Change the address below, then:  podstrap plan   (shows what would change)
#                                  podstrap up     (applies it; run it again after every edit of this file)
apiVersion: podstrap.io/v1alpha1
kind: Cluster
metadata:
  name: ${name}
spec:
  kubernetesVersion: v1.36.3

  # Where clients reach the API: a name or address that stays when hosts are replaced, such as a load balancer's.
  # Recommended as soon as there is more than one control plane.
  # controlPlaneEndpoint: api.example.com:6443
  # Or an unused address on their network, which the control planes share by themselves; see docs/endpoint.md.
  # virtualAddress: { address: 192.0.2.10 }

  networking:
    # Neither may overlap the other or the addresses of your hosts.
    podSubnet: 10.244.0.0/16
    serviceSubnet: 10.96.0.0/12

  # How to log in. Your ssh_config, agent and known_hosts are used as they are; add here what they do not say.
  ssh:
    user: root
    # identityFile: ~/.ssh/id_ed25519
    # proxyJump: admin@bastion.example.com   # through a bastion
    # become: sudo                           # when the user is not root; then this is the default

  hosts:
    - name: cp-1
      address: 192.0.2.11   # for SSH; and for the cluster, unless advertiseAddress says otherwise
      # Both roles: a control plane that also runs workloads. Leave out worker to keep it free of other pods.
      roles: [control-plane, worker]
    # Three control planes survive the loss of one.
    # - { name: cp-2, address: 192.0.2.12, roles: [control-plane] }
    # - { name: cp-3, address: 192.0.2.13, roles: [control-plane] }
    # A host with different addresses for SSH and for the cluster:
    # - { name: w-1, address: w-1.example.com, advertiseAddress: 192.0.2.21, roles: [worker], labels: { disk: ssd } }

  # Flags of the components, as in kubeadm; values are text, so quote numbers.
  # apiServer:
  #   certSANs: [api.example.com]
  #   extraArgs: [{ name: v, value: "2" }]

  # What hardens the cluster; a new one has what costs nobody anything. See docs/hardening.md.
  # profile: cis

  # Any field of KubeletConfiguration.
  # kubelet:
  #   config: { maxPods: 200 }
`;
