import { dump } from 'js-yaml';
import type { Inventory } from '../../src/inventory/inventory.js';
import type { Files } from '../../src/inventory/reading/files.js';
import { InvalidInventory } from '../../src/inventory/reading/invalid-inventory.js';
import { parseInventory, type ReadInventory } from '../../src/inventory/reading/parse-inventory.js';
import type { Problem } from '../../src/inventory/reading/problem.js';

export const minimal = `apiVersion: podstrap.io/v1alpha1
kind: Cluster
metadata: { name: prod }
spec:
  kubernetesVersion: v1.36.3
  hosts:
    - { name: cp-1, address: 192.0.2.11, roles: [control-plane] }
`;

/** The smallest sound document, with `spec` over it. */
export const documentWith = (spec: Record<string, unknown>, top: Record<string, unknown> = {}): string =>
  dump({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'prod' },
    ...top,
    spec: {
      kubernetesVersion: 'v1.36.3',
      hosts: [{ name: 'cp-1', address: '192.0.2.11', roles: ['control-plane'] }],
      ...spec,
    },
  });

interface Around {
  readonly environment?: Record<string, string>;
  readonly files?: Files;
}

export const read = (text: string, { environment = {}, files }: Around = {}): ReadInventory =>
  parseInventory(text, {
    file: 'cluster.yaml',
    directory: '/inventory',
    environment,
    ...(files === undefined ? {} : { files }),
  });

export const inventoryOf = (text: string, around?: Around): Inventory => read(text, around).inventory;

/** Everything that is reported about a document, sound or not. */
export function problemsOf(text: string, around?: Around): readonly Problem[] {
  try {
    return read(text, around).warnings;
  } catch (error) {
    if (error instanceof InvalidInventory) return error.problems;
    throw error;
  }
}

/** `path: found` of every problem, the short form that most tests compare. */
export const complaintsAbout = (text: string, around?: Around): readonly string[] =>
  problemsOf(text, around).map(({ path, found }) => `${path}: ${found}`);

/** Files that exist in memory only; directories are those that hold one. */
export const filesOf = (contents: Readonly<Record<string, string>>): Files => {
  const names = Object.keys(contents);
  return {
    kind: (path) =>
      path in contents ? 'file' : names.some((name) => name.startsWith(`${path}/`)) ? 'directory' : undefined,
    list: (directory) =>
      names
        .filter((name) => name.startsWith(`${directory}/`))
        .map((name) => name.slice(directory.length + 1)),
    read: (path) => contents[path] ?? fail(path),
  };
};

function fail(path: string): never {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
}
