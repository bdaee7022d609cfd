import { z } from 'zod';
import { Secret } from '../secret.js';
import { defaultPodSubnet } from './default-pod-subnet.js';
import * as formats from './formats.js';
import { hardeningFields } from './hardening/hardening-schema.js';
import { parseNetworks } from './networks.js';
import { dnsLabel, duration, labelKey, labelValue, text } from './scalars.js';
import { staticPodsSchema, valuesSchema } from './static-pods/static-pods-schema.js';

// Every message here ends the sentence "expected …"; every description is the user's reference.

/** kubeadm's, as all defaults here. */
export const defaultServiceSubnet = '10.96.0.0/12';
export const defaultBindPort = 6443;
/** podstrap's own. */
export const defaultHealthPort = 6444;
/** kube-vip's own, for what it measures. */
export const defaultMetricsPort = 2112;
export const defaultValidity = { leaf: '8760h', authority: '87600h' } as const;

const release = z.string().regex(/^\d+\.\d+\.\d+\S*$/, 'a version without v, such as 2.3.7');
const httpUrl = z.string().refine(formats.isHttpUrl, 'a URL with http:// or https://');
const networks = z.string().refine((value) => parseNetworks(value) !== undefined, {
  error: 'a network such as 10.96.0.0/12, or one IPv4 and one IPv6 network separated by a comma',
});
const podSubnetOf = (networking: { plugin: string; serviceSubnet: string }): string | undefined =>
  networking.plugin === 'routes' ? defaultPodSubnet(networking.serviceSubnet) : undefined;
const absolutePath = z.string().regex(/^\//, 'an absolute path');
/** Not where podstrap or the kubelet keep house. */
const extraPath = z
  .string()
  .regex(
    /^(?!\/(etc\/kubernetes|var\/lib\/(podstrap|etcd|kubelet|containerd)|proc|sys|dev|run)\/)(\/(?!\.\.?(\/|$))[^/\s]+)+$/,
    'an absolute path without spaces, outside /etc/kubernetes and the folders of podstrap, etcd, kubelet and containerd',
  );
const port = z.number().int().min(1).max(65535);
/** One that needs no root. */
const freePort = z.number().int().min(1024).max(65535);
const sans = z
  .array(
    z
      .string()
      .refine(formats.isCertificateName, 'an IP address or a lower case DNS name (*.name is one too)'),
  )
  .default([]);

/** Of what becomes one line of a unit. Its end does no harm, and a backslash before it goes on. */
const unitLine = z
  .string()
  .refine(formats.isUnitLine, 'text without line breaks, since it becomes a line of a unit');

const argsOf = <Value extends z.ZodType<string, string>>(value: Value) =>
  z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(formats.flagPattern, 'the name of a flag without leading dashes')
          .describe('Name of the flag without its leading dashes'),
        value: value.describe('Its value; quote numbers and true or false'),
      }),
    )
    .default([])
    .describe(
      'Flags to add to those that podstrap sets, or to replace them with; a list, because a flag may be repeated. A flag that has a field of its own in the inventory is refused',
    );
const args = argsOf(z.string());
/** They stand in the unit of the kubelet. */
const kubeletArgs = argsOf(unitLine);
const envs = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(formats.variablePattern, 'the name of an environment variable')
        .describe('Name of the variable'),
      value: z.string().describe('Its value; quote numbers and true or false'),
    }),
  )
  .default([])
  .describe('Environment variables of the container. Plans and renders do not show their values');
const volumes = z
  .array(
    z.strictObject({
      name: dnsLabel.describe('Name of the volume in the pod'),
      hostPath: absolutePath
        .regex(/^(?!.*\/\.\.(\/|$))/, 'an absolute path without ..')
        .describe('Path on the host'),
      mountPath: absolutePath.describe('Path in the container'),
      readOnly: z.boolean().default(false).describe('Mount it read-only'),
      pathType: z
        .enum([
          '',
          'DirectoryOrCreate',
          'Directory',
          'FileOrCreate',
          'File',
          'Socket',
          'CharDevice',
          'BlockDevice',
        ])
        .default('')
        .describe('What must exist, or is created, at `hostPath`; empty: no check'),
    }),
  )
  .default([])
  .describe('Directories and files of the host to mount into the static pod');
const files = z
  .array(
    z.strictObject({
      source: text.describe('The file on this machine; may begin with `~` or be relative to the inventory'),
      path: z
        .string()
        .regex(
          formats.ownFilePattern,
          'a path in a folder of its own below /etc/kubernetes, such as /etc/kubernetes/audit/policy.yaml',
        )
        .describe('Path on the control planes, and in the component’s container'),
      secret: z
        .boolean()
        .optional()
        .describe('Hide its content in plans. Default: hidden when it looks as if it holds a key'),
    }),
  )
  .default([])
  .describe('Files of your own that the component reads, such as a policy file that a flag names');
const repository = z
  .string()
  .regex(formats.repositoryPattern, 'a registry with an optional path, such as registry.example.com/k8s');

const imageTag = z
  .string()
  .regex(formats.imageTagPattern, 'a tag of letters, digits, dots, dashes and underscores, at most 128');
/** Of a part whose image does not come with the version of Kubernetes. */
const ownImage = {
  imageRepository: repository.optional().describe('Default: `spec.imageRepository`'),
  imageTag: imageTag.optional().describe('Default: the one that this Kubernetes version uses'),
};

const component = { extraArgs: args, extraEnvs: envs, extraVolumes: volumes, extraFiles: files };
const free = z.record(z.string(), z.unknown()).default({});
const kubeletConfig = free.describe('Fields of KubeletConfiguration, merged over those that podstrap sets');
const unitWord = z.string().regex(/^[^\s=[\]]+$/, 'the name of a section or of a setting');
const unit = z
  .record(unitWord, z.record(unitWord, unitLine))
  .default({})
  .describe('Changes to the systemd unit: section, then key, then value; an empty value removes the key');

export const sshSchema = z.strictObject({
  user: text.optional().describe('User to log in as. Default: as in ssh_config, else the local user'),
  port: port.optional().describe('Port of sshd. Default: as in ssh_config, else 22'),
  identityFile: text
    .optional()
    .describe('Private key; may begin with `~` or be relative to the inventory. Default: the agent’s keys'),
  identitiesOnly: z.boolean().optional().describe('Offer only `identityFile`, not every key of the agent'),
  proxyJump: z
    .string()
    .refine(formats.isProxyJump, '[user@]host[:port], several of them separated by commas, or none')
    .optional()
    .describe(
      'Bastion to connect through: `[user@]host[:port]`, or several separated by commas; `none` for no bastion',
    ),
  client: z
    .enum(['built-in', 'openssh'])
    .optional()
    .describe(
      'Who speaks SSH. `built-in`: podstrap itself. `openssh`: the `ssh` of this machine, for certificates, security keys, ' +
        'Kerberos, ProxyCommand, and servers that want post-quantum key exchange. Default: `built-in`',
    ),
  become: z
    .enum(['none', 'sudo'])
    .optional()
    .describe('How to become root. Default: `none` when the user is root, else `sudo`'),
  configFile: text.optional().describe('ssh_config to read; `none` to read no file. Default: ~/.ssh/config'),
  knownHostsFile: text
    .optional()
    .describe(
      'known_hosts to check host keys against, in addition to the cluster’s own. Default: ~/.ssh/known_hosts',
    ),
  connectTimeout: duration.optional().describe('How long to wait for a connection, such as `10s`'),
});

const taint = z.strictObject({
  key: labelKey.describe('Key of the taint'),
  value: labelValue.default('').describe('Value of the taint'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .describe('What happens to pods that do not tolerate it'),
});

const dnsName = z
  .string()
  .max(253)
  .regex(formats.dnsNamePattern, 'a DNS name of lower case letters, digits, dashes and dots');

export const hostSchema = z.strictObject({
  name: dnsName
    .max(63, 'a name of at most 63 characters, since it becomes a label of the node')
    .describe('Name of the node: a lower-case DNS name of at most 63 characters'),
  address: z
    .string()
    .refine(formats.isSshAddress, 'a host name or an IP address, without user or port')
    .describe('Where to connect with SSH: a DNS name, an alias from ssh_config, or an IP address'),
  advertiseAddress: z
    .string()
    .refine(formats.isIpAddress, 'an IP address')
    .optional()
    .describe('IP address of the host within the cluster. Default: `address`, when that is an IP address'),
  roles: z
    .array(z.enum(['control-plane', 'worker']))
    .min(1)
    .describe(
      'What runs there. A host with both roles is a control plane that also runs workloads, and has no taint',
    ),
  labels: z.record(labelKey, labelValue).default({}).describe('Labels of the node'),
  annotations: z.record(labelKey, z.string()).default({}).describe('Annotations of the node'),
  values: valuesSchema.describe(
    'Values for templates of static pods on this host, merged over `spec.values`',
  ),
  taints: z
    .array(taint)
    .optional()
    .describe(
      'Taints of the node. One that is taken off the list is removed from the node; taints set by others stay. Default: kubeadm’s on control planes that are not workers too, else none',
    ),
  transport: z
    .enum(['ssh', 'local'])
    .default('ssh')
    .describe('How to reach it; `local` is the machine that podstrap runs on'),
  hostKey: z
    .string()
    .refine(formats.isHostKey, 'a public host key as `ssh-ed25519 AAAA…` or its fingerprint as `SHA256:…`')
    .optional()
    .describe('The host’s public key, or its fingerprint; no other key is accepted'),
  ssh: sshSchema
    .optional()
    .describe('As `spec.ssh`, for this host only; fields that are missing here are taken from there'),
  kubelet: z
    .strictObject({ config: kubeletConfig, extraArgs: kubeletArgs })
    .optional()
    .describe('As `spec.kubelet`, for this host only, merged over it'),
});

const authority = z.strictObject({
  certificate: text.describe('PEM file; intermediate certificates may follow'),
  key: text
    .optional()
    .describe('PEM file. Without it podstrap writes certificate signing requests for you to have signed'),
});

export const specSchema = z.strictObject({
  kubernetesVersion: z
    .string()
    .regex(formats.versionPattern, 'a version such as v1.36.3')
    .describe('Kubernetes version, as `vX.Y.Z`'),
  ...hardeningFields,
  clusterName: text.default('kubernetes').describe('Name of the cluster in kubeconfigs'),
  controlPlaneEndpoint: z
    .string()
    .refine(
      (value) => formats.splitEndpoint(value) !== undefined,
      'host[:port], the host an IP address or a DNS name',
    )
    .optional()
    .describe(
      'Where clients outside the control planes reach the API, as `host[:port]`. Default: `virtualAddress`, or the first ' +
        'control plane, fixed when the cluster is created',
    ),
  networking: z
    .strictObject({
      podSubnet: networks
        .optional()
        .describe(
          'Network of the pods: one IPv4 and one IPv6 network, separated by a comma, for dual-stack. Default with ' +
            '`plugin: routes`: 10.244.0.0/16, or fd00:10:244::/56, in the address families of `serviceSubnet`',
        ),
      plugin: z
        .enum(['routes', 'manifests', 'none'])
        .default('routes')
        .describe(
          'What connects the pods. `routes`: the CNI reference plugins and a route to every other host, for hosts on one ' +
            'network; has no NetworkPolicy. `manifests`: the addons marked `network: true`, such as Cilium, Calico or ' +
            'Flannel. `none`: a network plugin that you install yourself',
        ),
      serviceSubnet: networks
        .default(defaultServiceSubnet)
        .describe('Network of the Services; two, separated by a comma, for dual-stack'),
      dnsDomain: dnsName.default('cluster.local').describe('DNS domain of the Services'),
    })
    .transform((networking) => ({
      ...networking,
      podSubnet: networking.podSubnet ?? podSubnetOf(networking),
    }))
    .prefault({})
    .describe('Networks of the cluster'),
  imageRepository: repository
    .default('registry.k8s.io')
    .describe('Where the images of the control plane come from'),
  certificateValidityPeriod: duration.default(defaultValidity.leaf).describe('Lifetime of certificates'),
  certificateRenewBefore: duration
    .optional()
    .describe(
      'How long before it expires a certificate is renewed. Default: in the last third of its lifetime',
    ),
  caCertificateValidityPeriod: duration
    .default(defaultValidity.authority)
    .describe('Lifetime of certificate authorities'),
  encryptionAlgorithm: z
    .enum(['RSA-2048', 'RSA-3072', 'RSA-4096', 'ECDSA-P256', 'ECDSA-P384'])
    .optional()
    .describe(
      'Algorithm of all keys. Default: RSA-2048, but ECDSA-P256 for kubelets and for clients that only the cluster’s own servers see',
    ),
  certificateAuthorities: z
    .strictObject({
      ca: authority.optional().describe('Signs the API server and its clients'),
      'front-proxy-ca': authority.optional().describe('Signs the client of extension API servers'),
      'etcd-ca': authority.optional().describe('Signs etcd’s members and clients'),
    })
    .prefault({})
    .describe('Certificate authorities of your own, instead of those that podstrap creates'),
  ssh: sshSchema.prefault({}).describe('How to reach the hosts'),
  hosts: z.array(hostSchema).min(1).describe('The machines of the cluster'),
  apiServer: z
    .strictObject({
      ...component,
      certSANs: sans.describe('Further names and addresses for the API server’s certificate'),
      bindPort: port.default(defaultBindPort).describe('Port of the API server'),
    })
    .prefault({})
    .describe('kube-apiserver'),
  controllerManager: z.strictObject(component).prefault({}).describe('kube-controller-manager'),
  scheduler: z.strictObject(component).prefault({}).describe('kube-scheduler'),
  etcd: z
    .strictObject({
      local: z
        .strictObject({
          ...component,
          dataDir: absolutePath
            .default('/var/lib/etcd')
            .describe('Data directory on the host: a directory of its own, not one of the system’s'),
          serverCertSANs: sans.describe('Further names and addresses for the server certificate'),
          peerCertSANs: sans.describe('Further names and addresses for the peer certificate'),
          ...ownImage,
        })
        .prefault({})
        .describe('The members that run on the control planes'),
    })
    .prefault({})
    .describe('etcd'),
  kubelet: z
    .strictObject({ config: kubeletConfig, extraArgs: kubeletArgs, unit })
    .prefault({})
    .describe('The kubelet of every host'),
  loadBalancer: z
    .strictObject({
      type: z
        .enum(['haproxy', 'none'])
        .default('haproxy')
        .describe(
          'How workers reach the API. `haproxy`: through a static pod on each worker that knows every control plane; ' +
            '`none`: through `controlPlaneEndpoint`',
        ),
      port: freePort
        .optional()
        .describe(
          'Port of the load balancer on the loopback address of workers. Default: `spec.apiServer.bindPort`, or 6443 if ' +
            'that is below 1024',
        ),
      healthPort: freePort
        .default(defaultHealthPort)
        .describe('Port on the same address where it serves its own health over HTTP, as /livez and /readyz'),
      imageRepository: repository
        .optional()
        .describe(
          'Where the image `haproxy` comes from. Default: `spec.imageRepository`, or docker.io/library if that is not set',
        ),
      imageTag: imageTag
        .optional()
        .describe('Default: the one that podstrap pairs with this Kubernetes version'),
    })
    .prefault({})
    .describe('Load balancing between workers and the API servers'),
  virtualAddress: z
    .strictObject({
      address: z
        .string()
        .refine(formats.isIpAddress, 'an IP address that no machine has')
        .describe(
          'An unused IP address on the network of the control planes. One of them holds it at a time; another one takes ' +
            'over when that one or its API server fails. It is the default of `controlPlaneEndpoint`',
        ),
      interface: text
        .optional()
        .describe(
          'Network interface that gets the address. Default: on each host, the one with `advertiseAddress`',
        ),
      metricsPort: freePort
        .default(defaultMetricsPort)
        .describe(
          'Port on the loopback address where the pod serves /metrics, by which its health is checked',
        ),
      imageRepository: repository
        .optional()
        .describe(
          'Where the image `kube-vip` comes from. Default: `spec.imageRepository`, or ghcr.io/kube-vip if that is not set',
        ),
      imageTag: imageTag
        .optional()
        .describe('Default: the one that podstrap pairs with this Kubernetes version'),
    })
    .optional()
    .describe(
      'A virtual IP address for clients outside the control planes, which share it by means of kube-vip',
    ),
  kubeProxy: z
    .strictObject({
      disabled: z
        .boolean()
        .default(false)
        .describe('Do not install it, for a network plugin that replaces it'),
      config: free.describe('Fields of KubeProxyConfiguration, merged over those that podstrap sets'),
    })
    .prefault({})
    .describe('kube-proxy, which sends the traffic of Services to their pods'),
  dns: z
    .strictObject({
      disabled: z
        .boolean()
        .default(false)
        .describe('Do not install it; pods then cannot look up Services by name'),
      replicas: z.int().min(1).default(2).describe('Number of pods; on different nodes if there are enough'),
      corefile: text.optional().describe('The whole configuration of CoreDNS, instead of kubeadm’s'),
      ...ownImage,
    })
    .prefault({})
    .describe('CoreDNS'),
  addons: z
    .array(
      z.strictObject({
        name: dnsLabel.describe('Its name in plans and messages, and on its objects'),
        path: text.describe(
          'A manifest (JSON, or YAML with one or more documents), or a directory of them; may begin with `~` or be ' +
            'relative to the inventory',
        ),
        network: z
          .boolean()
          .default(false)
          .describe(
            'It is the network plugin (`networking.plugin: manifests`), so it is applied before the others',
          ),
        installs: z
          .array(dnsName)
          .default([])
          .describe(
            'API groups, such as cilium.io, whose kinds the addon defines itself once it runs, without a ' +
              'CustomResourceDefinition in its manifests',
          ),
      }),
    )
    .default([])
    .describe('Manifests to apply. What is taken off this list is deleted from the cluster'),
  values: valuesSchema.describe(
    'Values for templates of static pods, as `{{values.NAME}}`. Plans show them: put secrets into a `secret` of a pod’s `files`',
  ),
  staticPods: staticPodsSchema,
  containerd: z
    .strictObject({ config: free.describe('config.toml as YAML, merged over what podstrap sets'), unit })
    .prefault({})
    .describe('The container runtime of every host'),
  proxy: z
    .strictObject({
      httpProxy: httpUrl.describe('Proxy for http://'),
      httpsProxy: httpUrl.describe('Proxy for https://'),
      noProxy: z
        .string()
        .describe('Names, addresses and networks to reach without the proxy, separated by commas'),
    })
    .partial()
    .optional()
    .describe(
      'HTTP proxy for containerd, the kubelet and the control plane’s components. Plans and renders do not show credentials in its URLs; units read them from files of mode 0600, because any user of a host can ask systemd for a unit’s variables',
    ),
  patches: z
    .strictObject({
      directory: text.describe(
        'Directory of patch files named TARGET[SUFFIX][+strategic|merge|json].yaml or .json',
      ),
    })
    .optional()
    .describe('Patches for manifests and for the kubelet’s configuration, as with kubeadm’s `--patches`'),
  artifacts: z
    .strictObject({
      mirrors: z
        .record(httpUrl, httpUrl)
        .default({})
        .describe(
          'Where to download from instead, by prefix of the URL, such as https://dl.k8s.io: https://mirror/k8s',
        ),
      registries: z
        .record(
          z.string().regex(formats.registryPattern, 'a registry as host[:port], without scheme or path'),
          z.strictObject({
            mirror: httpUrl
              .optional()
              .describe('`https://host[:port][/path]` that serves this registry’s images'),
            username: text.optional().describe('User name for the registry, or for its mirror'),
            password: z
              .string()
              .transform((value) => new Secret(value))
              .optional()
              .describe(
                `Password or token; list a variable in \`environment\` and write \`\${NAME}\` here. It is sent to the registry or its mirror, and to the token server that this names over HTTPS; without HTTPS no other host may be named`,
              ),
            caFile: text
              .optional()
              .describe('PEM file of the authority that signed the registry’s certificate'),
            insecure: z.boolean().default(false).describe('Use plain HTTP'),
          }),
        )
        .default({})
        .describe('Mirrors and credentials of image registries, by host[:port]'),
      cacheDirectory: text
        .optional()
        .describe('Where downloads are kept. Default: $XDG_CACHE_HOME/podstrap, else ~/.cache/podstrap'),
      versions: z
        .strictObject({
          containerd: release.describe('Version of containerd, without v'),
          runc: release.describe('Version of runc, without v'),
          cniPlugins: release.describe('Version of the CNI plugins, without v'),
        })
        .partial()
        .default({})
        .describe('Versions to use instead of those that podstrap pairs with this Kubernetes version'),
      extraImages: z
        .array(z.string().regex(formats.imagePattern, 'an image with its tag, such as ghcr.io/x/y:v1.2.3'))
        .default([])
        .describe(
          'Further images for every host, such as those of a network plugin; imported, and protected from garbage collection',
        ),
      extraFiles: z
        .array(
          z.strictObject({
            source: text.describe(
              'The file on this machine; may begin with `~` or be relative to the inventory',
            ),
            path: extraPath.describe('Path on every host; a missing directory is created'),
            mode: z
              .string()
              .regex(/^0?[0-7]{3}$/, 'permissions such as "0644", in quotes')
              .default('0644')
              .describe('Its permissions; the owner is root'),
            arch: z
              .enum(['amd64', 'arm64'])
              .optional()
              .describe('Only for hosts of this architecture. Default: all hosts'),
          }),
        )
        .default([])
        .describe(
          'Further files for every host; a bundle carries them as it does binaries. A file that not everybody may read, on this machine or by `mode`, is not kept in the cache, and only its owner may read a bundle that holds it',
        ),
      relay: z
        .boolean()
        .default(false)
        .describe(
          'Hosts pass on what they were sent to one another, over SSH, which saves the operator’s bandwidth where there are many. While artifacts are sent, each host has a key that the others accept for this and for nothing else',
        ),
      bundle: z
        .strictObject({
          publicKeyFile: text.describe(
            'PEM file with a public key. If set, only bundles signed with its private key are used',
          ),
        })
        .partial()
        .prefault({})
        .describe('What a bundle must satisfy'),
    })
    .prefault({})
    .describe('Where binaries and images come from'),
  revisionHistoryLimit: z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('How many finished runs are kept for `podstrap rollback`'),
  upgrade: z
    .strictObject({
      maxUnavailableWorkers: z
        .int()
        .min(1)
        .default(1)
        .describe('How many workers are drained and changed at once when the Kubernetes version changes'),
    })
    .prefault({})
    .describe('How a live cluster moves to another Kubernetes version'),
  timeouts: z
    .strictObject({
      controlPlaneComponentHealthCheck: duration
        .default('4m')
        .describe('How long a component of the control plane may take to become healthy'),
      kubeletHealthCheck: duration.default('4m').describe('How long the kubelet may take to become healthy'),
      kubernetesAPICall: duration
        .default('1m')
        .describe('How long a call to the Kubernetes API may take, retries included'),
      etcdAPICall: duration.default('2m').describe('How long a call to etcd may take, retries included'),
      addons: duration
        .default('5m')
        .describe(
          'How long addons may take to run after they were applied, and to disappear after they were deleted',
        ),
      drain: duration
        .default('5m')
        .describe('How long pods may take to leave a node before its kubelet moves to another minor version'),
      watchAfterChange: duration
        .default('30s')
        .describe('How long changed nodes are watched after the last change of a roll-out'),
    })
    .prefault({})
    .describe('How long to wait before something is considered failed'),
});

/** The inventory file, as the user writes it. The only definition: types, checks, JSON Schema and docs derive from it. */
export const inventorySchema = z.strictObject({
  apiVersion: z.literal('podstrap.io/v1alpha1').describe('Version of this file format'),
  kind: z.literal('Cluster').describe('What the file describes'),
  metadata: z
    .strictObject({
      name: z
        .string()
        .max(63)
        .regex(formats.dnsNamePattern, 'a DNS name of lower case letters, digits, dashes and dots')
        .describe('Name of the cluster, in messages and for its folder in .podstrap/'),
    })
    .describe('The identity of the cluster'),
  environment: z
    .array(z.string().regex(formats.variablePattern, 'the name of an environment variable'))
    .default([])
    .describe(
      `Environment variables that values may use as \`\${NAME}\`; any other \`\${…}\` is left as it is`,
    ),
  spec: specSchema.describe('The desired state of the cluster'),
});
