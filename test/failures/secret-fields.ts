import { type JsonSchema, jsonSchema } from '../../src/inventory/json-schema.js';

/** Fields of the inventory in which a secret may stand; `?` is any name, `[]` any entry of a list. */
export const secretFields: readonly string[] = [
  'spec.apiServer.extraArgs[].value',
  'spec.apiServer.extraEnvs[].value',
  'spec.artifacts.mirrors.?',
  'spec.artifacts.registries.?.mirror',
  'spec.artifacts.registries.?.password',
  'spec.containerd.config.?',
  'spec.containerd.unit.?.?',
  'spec.controllerManager.extraArgs[].value',
  'spec.controllerManager.extraEnvs[].value',
  'spec.etcd.local.extraArgs[].value',
  'spec.etcd.local.extraEnvs[].value',
  'spec.hosts[].kubelet.config.?',
  'spec.hosts[].kubelet.extraArgs[].value',
  'spec.kubelet.config.?',
  'spec.kubelet.extraArgs[].value',
  'spec.kubelet.unit.?.?',
  'spec.proxy.httpProxy',
  'spec.proxy.httpsProxy',
  'spec.scheduler.extraArgs[].value',
  'spec.scheduler.extraEnvs[].value',
];

/** Fields that name files or folders in which a secret may stand. */
export const secretFiles: readonly string[] = [
  'spec.addons[].path',
  'spec.apiServer.extraFiles[].source',
  'spec.artifacts.extraFiles[].source',
  'spec.certificateAuthorities.ca.key',
  'spec.certificateAuthorities.etcd-ca.key',
  'spec.certificateAuthorities.front-proxy-ca.key',
  'spec.controllerManager.extraFiles[].source',
  'spec.etcd.local.extraFiles[].source',
  'spec.hosts[].ssh.identityFile',
  'spec.patches.directory',
  'spec.scheduler.extraFiles[].source',
  'spec.ssh.identityFile',
  'spec.staticPods[].files[].secret.file',
];

/**
 * All other texts: names, addresses, versions, times and paths, which plans show. What is free and stands here is published
 * by Kubernetes itself to whoever may list nodes or read ConfigMaps of kube-system.
 */
export const publicFields: readonly RegExp[] = [
  /^(metadata\.name|environment\[\])$/,
  /\.(name|path|hostPath|mountPath|key|value|dataDir|mode|user|configFile|knownHostsFile|proxyJump|hostKey|caFile|certificate|publicKeyFile|cacheDirectory|username|interface|address|advertiseAddress)$/,
  /\.(image(Repository|Tag)|kubernetesVersion|clusterName|controlPlaneEndpoint|podSubnet|serviceSubnet|dnsDomain|noProxy|containerd|runc|cniPlugins)$/,
  /\.\w*(Period|RenewBefore|Timeout|SANs\[\]|Images\[\]|installs\[\])$/,
  /^spec\.timeouts\.\w+$/,
  /^spec\.hosts\[\]\.(labels|annotations)\.\?$/,
  // Values are for what may be seen; what may not is a file of the pod.
  /^spec\.(hosts\[\]\.)?values\.\?$/,
  /^spec\.staticPods\[\]\.(manifest|hosts\..*|files\[\]\.(source|containers\[\]|secret\.(environment|command\[\]|timeout)))$/,
  // What API servers are told of issuers is public, as is what they log.
  /^spec\.(audit\.policy|authentication\.jwt\[\]\..*)$/,
  // Names of resources.
  /^spec\.encryption\.resources\[\]$/,
  /^spec\.(kubeProxy\.config\.\?|dns\.corefile)$/,
];

/** Every field of the inventory that holds a text, or whatever one likes. */
export function textFields(schema: JsonSchema | undefined = jsonSchema(), path = ''): readonly string[] {
  if (schema === undefined) return [];
  const { properties = {}, additionalProperties: others, items } = schema;
  const below = Object.entries(properties).flatMap(([name, child]) =>
    textFields(child, path === '' ? name : `${path}.${name}`),
  );
  const more = typeof others === 'object' ? textFields(others, `${path}.?`) : [];
  const listed = items === undefined ? [] : textFields(items, `${path}[]`);
  const isLeaf = below.length + more.length + listed.length === 0;
  const isText = schema.type === undefined || (schema.type === 'string' && schema.enum === undefined);
  return isLeaf && isText && schema.const === undefined && schema.enum === undefined
    ? [path]
    : [...below, ...more, ...listed];
}
