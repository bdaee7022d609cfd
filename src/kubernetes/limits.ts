/** Names a field by its type, as `Container.imagePullPolicy`. */
type FieldName = `${string}.${string}`;

/** Words that a field may hold; any other is refused. An empty one is as none. */
export const choices: Readonly<Record<FieldName, readonly string[]>> = {
  'Container.imagePullPolicy': ['Always', 'IfNotPresent', 'Never'],
  'Container.restartPolicy': ['Always', 'Never', 'OnFailure'],
  'Container.terminationMessagePolicy': ['File', 'FallbackToLogsOnError'],
  'ContainerPort.protocol': ['TCP', 'UDP', 'SCTP'],
  'HTTPGetAction.scheme': ['HTTP', 'HTTPS'],
  'HostPathVolumeSource.type': [
    'DirectoryOrCreate',
    'Directory',
    'FileOrCreate',
    'File',
    'Socket',
    'CharDevice',
    'BlockDevice',
  ],
  'KubeletConfiguration.hairpinMode': ['promiscuous-bridge', 'hairpin-veth', 'none'],
  'KubeletConfiguration.topologyManagerPolicy': ['none', 'best-effort', 'restricted', 'single-numa-node'],
  'KubeletConfiguration.topologyManagerScope': ['container', 'pod'],
  'MemorySwapConfiguration.swapBehavior': ['LimitedSwap', 'NoSwap'],
  'PodSpec.dnsPolicy': ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  'PodSpec.restartPolicy': ['Always', 'OnFailure', 'Never'],
  'SeccompProfile.type': ['RuntimeDefault', 'Localhost', 'Unconfined'],
  'Toleration.effect': ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
  'Toleration.operator': ['Exists', 'Equal', 'Lt', 'Gt'],
  'VolumeMount.mountPropagation': ['None', 'HostToContainer', 'Bidirectional'],
};

const port = [1, 65535] as const;
const natural = [0, Infinity] as const;
const positive = [1, Infinity] as const;
const id = [0, 2_147_483_647] as const;

/** Whole numbers that a field may hold, the least and the greatest. */
export const ranges: Readonly<Record<FieldName, readonly [least: number, most: number]>> = {
  'ContainerPort.containerPort': port,
  'ContainerPort.hostPort': [0, 65535],
  'GRPCAction.port': port,
  'HTTPGetAction.port': port,
  'KubeletConfiguration.containerLogMaxFiles': [2, Infinity],
  'KubeletConfiguration.containerLogMaxWorkers': positive,
  'KubeletConfiguration.eventBurst': natural,
  'KubeletConfiguration.eventRecordQPS': natural,
  'KubeletConfiguration.healthzPort': [0, 65535],
  'KubeletConfiguration.imageGCHighThresholdPercent': [0, 100],
  'KubeletConfiguration.imageGCLowThresholdPercent': [0, 100],
  'KubeletConfiguration.iptablesDropBit': [0, 31],
  'KubeletConfiguration.iptablesMasqueradeBit': [0, 31],
  'KubeletConfiguration.kubeAPIBurst': natural,
  'KubeletConfiguration.kubeAPIQPS': natural,
  'KubeletConfiguration.maxOpenFiles': natural,
  'KubeletConfiguration.maxParallelImagePulls': positive,
  'KubeletConfiguration.maxPods': natural,
  'KubeletConfiguration.nodeLeaseDurationSeconds': natural,
  'KubeletConfiguration.nodeStatusMaxImages': [-1, Infinity],
  'KubeletConfiguration.oomScoreAdj': [-1000, 1000],
  'KubeletConfiguration.podsPerCore': natural,
  'KubeletConfiguration.port': [0, 65535],
  'KubeletConfiguration.readOnlyPort': [0, 65535],
  'KubeletConfiguration.registryBurst': natural,
  'KubeletConfiguration.registryPullQPS': natural,
  'PodSecurityContext.runAsGroup': id,
  'PodSecurityContext.runAsUser': id,
  'PodSpec.activeDeadlineSeconds': [1, 2_147_483_647],
  'PodSpec.terminationGracePeriodSeconds': natural,
  'Probe.failureThreshold': natural,
  'Probe.initialDelaySeconds': natural,
  'Probe.periodSeconds': natural,
  'Probe.successThreshold': natural,
  'Probe.timeoutSeconds': natural,
  'SecurityContext.runAsGroup': id,
  'SecurityContext.runAsUser': id,
  'TCPSocketAction.port': port,
};

const name = '[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const labelKey = new RegExp(`^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?${name}$`);

/** What a text must look like. */
export const patterns: Readonly<Record<FieldName, readonly [RegExp, string]>> = {
  'EnvVar.name': [/^[ -<>-~]+$/, 'a name of printable characters without ='],
  'HTTPGetAction.port': [/^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/, 'the name of a port'],
  'HostPathVolumeSource.path': [/^(?!.*(^|\/)\.\.(\/|$))./, 'a path without ..'],
  'PodSpec.hostname': [/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower case letters, digits and dashes'],
  'PodSpec.subdomain': [/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower case letters, digits and dashes'],
  'TCPSocketAction.port': [/^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/, 'the name of a port'],
  'NFSVolumeSource.path': [/^\//, 'an absolute path'],
  'NFSVolumeSource.server': [/./, 'a host'],
  'Toleration.key': [new RegExp(`^$|${labelKey.source}`), 'a key such as example.com/x'],
  'VolumeMount.subPath': [/^(?!\/)(?!.*(^|\/)\.\.(\/|$))/, 'a relative path without ..'],
};

/** What the keys of a mapping must look like, and its values. */
export const mappings: Readonly<Record<FieldName, { readonly key: RegExp; readonly value?: RegExp }>> = {
  'ObjectMeta.annotations': { key: labelKey },
  'ObjectMeta.labels': {
    key: labelKey,
    value: new RegExp(`^(${name})?$`),
  },
};

const files = 'a volume of type hostPath';
const variables = 'a plain value, such as in `extraEnvs`';

/** What a static pod may not name, since it lives in the API, and what does its work. A kubelet refuses the whole pod. */
export const unreachable: Readonly<Record<FieldName, string>> = {
  'EnvFromSource.configMapRef': variables,
  'EnvFromSource.secretRef': variables,
  'EnvVarSource.configMapKeyRef': variables,
  'EnvVarSource.secretKeyRef': variables,
  'PodSpec.ephemeralContainers': 'nothing: a static pod has none',
  'PodSpec.imagePullSecrets': '`artifacts.registries`: podstrap brings the images',
  'PodSpec.resourceClaims': 'nothing: a static pod has none',
  'PodSpec.serviceAccount': 'a kubeconfig, mounted from the host',
  'PodSpec.serviceAccountName': 'a kubeconfig, mounted from the host',
  'Volume.azureFile': files,
  'Volume.configMap': files,
  'Volume.csi': files,
  'Volume.ephemeral': files,
  'Volume.glusterfs': files,
  'Volume.persistentVolumeClaim': files,
  'Volume.secret': files,
  'VolumeProjection.clusterTrustBundle': files,
  'VolumeProjection.configMap': files,
  'VolumeProjection.podCertificate': files,
  'VolumeProjection.secret': files,
  'VolumeProjection.serviceAccountToken': 'a kubeconfig, mounted from the host',
};
