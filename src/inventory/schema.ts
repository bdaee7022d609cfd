import { z } from 'zod';

const nameValue = z
  .strictObject({ name: z.string().min(1), value: z.string() })
  .describe('One flag or variable; a list, because flags may be repeated');
const args = z.array(nameValue).default([]).describe('Flags without their leading dashes, as in kubeadm v1beta4');
const envs = z.array(nameValue).default([]).describe('Environment variables of the container');
const volumes = z
  .array(
    z.strictObject({
      name: z.string().min(1),
      hostPath: z.string().startsWith('/'),
      mountPath: z.string().startsWith('/'),
      readOnly: z.boolean().default(false),
      pathType: z
        .enum(['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'])
        .default(''),
    }),
  )
  .default([])
  .describe('Extra hostPath volumes of the static pod');
const component = { extraArgs: args, extraEnvs: envs, extraVolumes: volumes };
const free = z.record(z.string(), z.unknown()).default({});
const unit = z
  .record(z.string(), z.record(z.string(), z.string()))
  .default({})
  .describe('Overrides of the systemd unit: section, then key, then value; an empty value drops the key');

export const sshSchema = z.strictObject({
  user: z.string().min(1).optional().describe('Login name; default: ssh_config, then the local user'),
  port: z.number().int().min(1).max(65535).optional(),
  identityFile: z.string().optional().describe('Private key; ~ and paths relative to the inventory are understood'),
  identitiesOnly: z.boolean().optional().describe('Offer only identityFile, not every key of the agent'),
  proxyJump: z.string().optional().describe('[user@]host[:port], or several separated by commas; `none` for none'),
  become: z.enum(['none', 'sudo']).optional().describe('How to become root; default: none for root, else sudo'),
  configFile: z.string().optional().describe('ssh_config to read; default ~/.ssh/config; `none` for none'),
  knownHostsFile: z.string().optional(),
  connectTimeout: z.string().optional().describe('Such as 10s'),
});

const taint = z.strictObject({
  key: z.string().min(1),
  value: z.string().default(''),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

export const hostSchema = z.strictObject({
  name: z.string().min(1).describe('Node name; lower case DNS name'),
  address: z.string().min(1).describe('Where SSH goes: a name or an IP address'),
  advertiseAddress: z.string().optional().describe('IP address of the host in the cluster; default: address'),
  roles: z.array(z.enum(['control-plane', 'worker'])).min(1),
  labels: z.record(z.string(), z.string()).default({}),
  taints: z.array(taint).optional().describe('Default: kubeadm’s taint on control planes, none on workers'),
  transport: z.enum(['ssh', 'local']).default('ssh'),
  hostKey: z.string().optional().describe('Pinned public host key: `ssh-ed25519 AAAA…` or `SHA256:…`'),
  ssh: sshSchema.optional(),
  kubelet: z.strictObject({ config: free, extraArgs: args }).optional(),
});

const authority = z.strictObject({
  certificate: z.string().describe('PEM file'),
  key: z.string().optional().describe('PEM file; without it podstrap writes CSRs for you to have signed'),
});

export const specSchema = z.strictObject({
  kubernetesVersion: z.string().describe('vX.Y.Z'),
  clusterName: z.string().default('kubernetes'),
  controlPlaneEndpoint: z.string().optional().describe('host[:port] of the API; default: the first control plane'),
  networking: z
    .strictObject({
      podSubnet: z.string().optional(),
      serviceSubnet: z.string().default('10.96.0.0/12'),
      dnsDomain: z.string().default('cluster.local'),
    })
    .prefault({}),
  imageRepository: z.string().default('registry.k8s.io'),
  certificateValidityPeriod: z.string().default('8760h'),
  caCertificateValidityPeriod: z.string().default('87600h'),
  encryptionAlgorithm: z
    .enum(['RSA-2048', 'RSA-3072', 'RSA-4096', 'ECDSA-P256', 'ECDSA-P384'])
    .default('RSA-2048'),
  certificateAuthorities: z
    .strictObject({ ca: authority.optional(), 'front-proxy-ca': authority.optional(), 'etcd-ca': authority.optional() })
    .prefault({})
    .describe('Authorities of your own, instead of ones that podstrap makes'),
  ssh: sshSchema.prefault({}),
  hosts: z.array(hostSchema).min(1),
  apiServer: z
    .strictObject({
      ...component,
      certSANs: z.array(z.string()).default([]),
      bindPort: z.number().int().min(1).max(65535).default(6443),
    })
    .prefault({}),
  controllerManager: z.strictObject(component).prefault({}),
  scheduler: z.strictObject(component).prefault({}),
  etcd: z
    .strictObject({
      local: z
        .strictObject({
          ...component,
          dataDir: z.string().startsWith('/').default('/var/lib/etcd'),
          serverCertSANs: z.array(z.string()).default([]),
          peerCertSANs: z.array(z.string()).default([]),
          imageRepository: z.string().optional(),
          imageTag: z.string().optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  kubelet: z
    .strictObject({ config: free.describe('KubeletConfiguration fields, merged over the defaults'), extraArgs: args, unit })
    .prefault({}),
  containerd: z
    .strictObject({ config: free.describe('config.toml as YAML, merged over the defaults'), unit })
    .prefault({}),
  proxy: z
    .strictObject({ httpProxy: z.string(), httpsProxy: z.string(), noProxy: z.string() })
    .partial()
    .optional()
    .describe('HTTP proxy for containerd, the kubelet and the control plane’s components'),
  patches: z.strictObject({ directory: z.string() }).optional().describe('As kubeadm’s --patches'),
  artifacts: z
    .strictObject({
      mirrors: z
        .record(z.string(), z.string())
        .default({})
        .describe('Upstream prefix → where to fetch it instead, such as https://dl.k8s.io: https://mirror/k8s'),
      registries: z
        .record(
          z.string(),
          z.strictObject({
            mirror: z.string().optional().describe('https://host[:port][/path] that serves this registry’s images'),
            username: z.string().optional(),
            password: z.string().optional().describe('Name the variable in `environment` and write ${NAME}'),
            caFile: z.string().optional(),
            insecure: z.boolean().default(false).describe('Plain HTTP'),
          }),
        )
        .default({}),
      cacheDirectory: z.string().optional().describe('Default: $XDG_CACHE_HOME/podstrap'),
      versions: z
        .strictObject({ containerd: z.string(), runc: z.string(), cniPlugins: z.string() })
        .partial()
        .default({})
        .describe('Other versions than the ones that podstrap knows for this Kubernetes version'),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      controlPlaneComponentHealthCheck: z.string().default('4m'),
      kubeletHealthCheck: z.string().default('4m'),
      kubernetesAPICall: z.string().default('1m'),
      etcdAPICall: z.string().default('2m'),
    })
    .prefault({}),
});

/** The inventory file, as the user writes it. The only definition: types, checks, JSON Schema and docs derive from it. */
export const inventorySchema = z.strictObject({
  apiVersion: z.literal('podstrap.io/v1alpha1'),
  kind: z.literal('Cluster'),
  metadata: z.strictObject({ name: z.string().min(1).describe('Name of the cluster for people and for files') }),
  environment: z
    .array(z.string())
    .default([])
    .describe('Environment variables that ${NAME} may be replaced by; all other ${…} stay as they are'),
  spec: specSchema,
});
