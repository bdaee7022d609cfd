import { join } from 'node:path';
import type { Host, Inventory, Ssh } from '../../src/inventory/inventory.js';
import { inventorySchema } from '../../src/inventory/schema.js';
import type { ConnectOptions } from '../../src/transport/connect-options.js';
import { temporaryDirectory } from './temporary.js';

/** A host of an inventory in which only what concerns connections is set. */
export function hostNamed(name: string, fields: Partial<Host> = {}): Host {
  return {
    name,
    address: '127.0.0.1',
    advertiseAddress: '127.0.0.1',
    roles: ['control-plane'],
    labels: {},
    annotations: {},
    values: {},
    transport: 'ssh',
    ...fields,
  };
}

export function inventoryOf(hosts: readonly Host[], ssh: Ssh = {}, directory = '/nowhere'): Inventory {
  const document = inventorySchema.parse({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'test' },
    spec: { kubernetesVersion: 'v1.36.3', hosts, ssh },
  });
  return {
    ...document,
    spec: { ...document.spec, hosts },
    directory,
    file: 'cluster.yaml',
    placeOf: (path) => path,
    patches: [],
    addons: [],
    staticPods: [],
    secrets: new Map(),
    hidden: [],
    files: new Map(),
    sources: [],
  };
}

/** Options of an operator with an empty home and no agent. */
export function optionsOf(fields: Partial<ConnectOptions> = {}): ConnectOptions {
  const home = fields.home ?? temporaryDirectory();
  return {
    home,
    knownHostsFile: join(home, 'cluster/known_hosts'),
    env: { PATH: process.env.PATH, USER: 'operator' },
    acceptNewHostKeys: false,
    ...fields,
  };
}
