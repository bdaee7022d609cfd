import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { Lab } from './hosts.js';

const places = ['/etc/kubernetes/manifests', '/etc/kubernetes/.podstrap/parked'];
export const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/**
 * The manifest of every component of a host, by component, read from its disk: in place or, while it is switched,
 * parked, from where the next boot brings it back.
 * @throws Error when a component has none, or what is there is no whole manifest of it
 */
export async function everyManifest(lab: Lab, host: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const place of places) {
    const folder = lab.path(host, place);
    for (const name of await readdir(folder).catch(() => []))
      found[name.replace(/\.yaml$/, '')] ??= await readFile(join(folder, name), 'utf8');
  }
  for (const component of components) {
    const pod = load(found[component] ?? '') as { kind?: string; metadata?: { name?: string } } | undefined;
    if (pod?.kind !== 'Pod' || pod.metadata?.name !== component)
      throw new Error(`${host} has no whole manifest of ${component}: ${found[component]}`);
  }
  return found;
}

/** The revision that each manifest of a host carries. */
export async function revisionsOf(lab: Lab, host: string): Promise<Readonly<Record<string, string>>> {
  const manifests = await everyManifest(lab, host);
  return Object.fromEntries(
    Object.entries(manifests).map(([name, text]) => {
      const { metadata } = load(text) as { metadata: { labels: Record<string, string> } };
      return [name, metadata.labels['podstrap.io/revision']!];
    }),
  );
}
