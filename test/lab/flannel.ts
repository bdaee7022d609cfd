import { dump } from 'js-yaml';

/** As test/lab/build makes it. */
export const flannelImage = 'docker.io/flannel/flannel:v0.27.4';

const namespace = 'kube-flannel';
const named = (kind: string, apiVersion: string, name: string, more: object = {}, within = true) => ({
  apiVersion,
  kind,
  metadata: { name, ...(within ? { namespace } : {}) },
  ...more,
});
const mount = (name: string, path: string) => ({
  volume: { name, hostPath: { path, type: 'DirectoryOrCreate' } },
  mount: { name, mountPath: path },
});
const mounts = [mount('run', '/run/flannel'), mount('cni', '/etc/cni/net.d')];

/**
 * flannel's own plugin is a module that nobody can fetch here, and does no more than this: the reference plugins get the
 * part of the network that the daemon has found for its node.
 */
const start = `(
  until [ -s /run/flannel/subnet.env ]; do sleep 0.2; done
  . /run/flannel/subnet.env
  sed "s#SUBNET#\${FLANNEL_SUBNET%.1/*}.0/24#; s#MTU#$FLANNEL_MTU#" /etc/kube-flannel/cni-conf.json >/etc/cni/net.d/.flannel
  mv /etc/cni/net.d/.flannel /etc/cni/net.d/10-flannel.conflist
) &
exec /opt/bin/flanneld --ip-masq --kube-subnet-mgr`;

const cniConf = `{ "name": "cbr0", "cniVersion": "1.0.0", "plugins": [
  { "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "mtu": MTU,
    "ipam": { "type": "host-local", "ranges": [[{ "subnet": "SUBNET" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
  { "type": "portmap", "capabilities": { "portMappings": true } }
] }
`;

const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

const daemon = (note: string) => ({
  selector: { matchLabels: { app: 'flannel' } },
  template: {
    metadata: { labels: { app: 'flannel' }, annotations: { note } },
    spec: {
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      serviceAccountName: 'flannel',
      tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
      containers: [
        {
          name: 'kube-flannel',
          image: flannelImage,
          command: ['sh', '-c', start],
          env: [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace')],
          securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
          volumeMounts: [
            ...mounts.map((one) => one.mount),
            { name: 'config', mountPath: '/etc/kube-flannel' },
          ],
        },
      ],
      volumes: [
        ...mounts.map((one) => one.volume),
        { name: 'config', configMap: { name: 'kube-flannel-cfg' } },
      ],
    },
  },
});

const rule = (resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [''],
  resources,
  verbs,
});

/** Manifests of flannel for hosts on one network, as people write them. @param note changes what its pods are made of */
export const flannelManifests = (note: string): string =>
  [
    named('Namespace', 'v1', namespace, {}, false),
    named('ServiceAccount', 'v1', 'flannel'),
    named(
      'ClusterRole',
      'rbac.authorization.k8s.io/v1',
      'flannel',
      {
        rules: [
          rule(['pods'], ['get']),
          rule(['nodes'], ['get', 'list', 'watch']),
          rule(['nodes/status'], ['patch']),
        ],
      },
      false,
    ),
    named(
      'ClusterRoleBinding',
      'rbac.authorization.k8s.io/v1',
      'flannel',
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flannel' },
        subjects: [{ kind: 'ServiceAccount', name: 'flannel', namespace }],
      },
      false,
    ),
    named('ConfigMap', 'v1', 'kube-flannel-cfg', {
      data: {
        'cni-conf.json': cniConf,
        'net-conf.json': JSON.stringify({
          Network: '10.244.0.0/16',
          EnableNFTables: true,
          Backend: { Type: 'host-gw' },
        }),
      },
    }),
    named('DaemonSet', 'apps/v1', 'kube-flannel-ds', { spec: daemon(note) }),
  ]
    .map((object) => dump(object))
    .join('---\n');
