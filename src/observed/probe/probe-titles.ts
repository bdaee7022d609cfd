const sectionNames = [
  ...[
    'host',
    'network',
    'addresses',
    'links',
    'routes',
    'sysctls',
    'disk-paths',
    'disks',
    'units',
    'enabled',
    'outdated',
  ],
  ...[
    'rewritten',
    'drop-ins',
    'mounts',
    'node',
    'checks-kubelets',
    'api-port',
    'encryption',
    'manifests',
    'parked',
    'record',
    'generations',
    'applied',
    'etcd',
    'etcd-account',
  ],
  ...['incoming', 'binaries', 'files', 'hashes', 'tasks', 'sandboxes *', 'images', 'content', 'ports', 'end'],
];

/** The titles of a probe's sections. */
export const isProbeTitle = (title: string): boolean =>
  sectionNames.includes(title) || /^sandboxes [a-f0-9]{1,64}$/.test(title);

/** The titles of what detailScript prints for these files. */
export const isDetailTitle =
  (contents: readonly string[]) =>
  (title: string): boolean =>
    ['host', 'files', 'hashes', 'kubelet', 'running-kubelet', 'end'].includes(title) ||
    contents.some((path) => title === `content ${path}`);
