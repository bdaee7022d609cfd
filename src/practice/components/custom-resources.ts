import type { ResourceKind } from './api-resources.js';
import type { Etcd } from './etcd.js';

/** A kind that a CustomResourceDefinition brings. */
export interface CustomKind extends ResourceKind {
  readonly versions: readonly string[];
}

interface Definition {
  readonly spec?: {
    readonly group?: string;
    readonly scope?: string;
    readonly names?: { readonly plural?: string; readonly kind?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[];
  };
}

/** The kinds that definitions in etcd bring; none while etcd cannot be read. */
export function customKinds(etcd: Etcd | undefined): readonly CustomKind[] {
  if (etcd === undefined) return [];
  return [...etcd.entries()]
    .filter(([key]) => key.startsWith('/registry/customresourcedefinitions/'))
    .flatMap(([, { value }]) => {
      const { group = '', scope, names, versions = [] } = (JSON.parse(value) as Definition).spec ?? {};
      const { plural = '', kind = '' } = names ?? {};
      const served = versions.filter((version) => version.served !== false).map(({ name }) => name);
      return [{ group, plural, kind, namespaced: scope !== 'Cluster', versions: served }];
    });
}

/** What the server tells of a version of a group; undefined where it serves none. */
export function resourceList(
  group: string,
  version: string,
  builtIn: readonly ResourceKind[],
  custom: readonly CustomKind[],
): object | undefined {
  const found = [
    ...builtIn.filter((one) => one.group === group && version === 'v1'),
    ...custom.filter((one) => one.group === group && one.versions.includes(version)),
  ];
  if (found.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: found.map(({ plural, kind, namespaced }) => ({ name: plural, kind, namespaced })),
  };
}
