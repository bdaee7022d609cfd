import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Inventory } from '../../src/inventory/inventory.js';
import { Secret } from '../../src/secret.js';
import { renderedFiles } from '../../src/stories/render.js';
import { desiredOf } from '../desired/desired-of.js';

export const examples = resolve(import.meta.dirname, '../../examples');

export const exampleNames: readonly string[] = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(examples, entry.name, 'cluster.yaml')))
  .map(({ name }) => name);

/** Certificates would be those of no cluster at all, and access rules are the same in every cluster. */
const isLeftOut = (path: string): boolean =>
  /\/(etc\/kubernetes|var\/lib\/kubelet)\/pki\//.test(path) ||
  /^cluster\/(Cluster)?Role(Binding)?-/.test(path);

/** What `podstrap render` writes for an inventory, by path: what holds no key, is no certificate and no access rule. */
export function renderedText(inventory: Inventory): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { path, content } of renderedFiles(desiredOf(inventory)))
    if (!(content instanceof Secret) && !isLeftOut(path)) files.set(path, content);
  return files;
}

/** Every file below `directory`, by its path from there. */
export function filesBelow(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.sort().map((file) => [relative(directory, file), readFileSync(file, 'utf8')]));
}
