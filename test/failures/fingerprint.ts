import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeSite } from '../../src/practice/practice-site.js';

/** Folders that podstrap changes; what a practice host keeps for itself is elsewhere. */
const folders = ['etc', 'opt', 'usr/local', 'var/lib'];

/** Every file of every host: its kind, mode and content. Taken from outside: looking changes nothing. */
export async function fingerprint(site: PracticeSite): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const { name, root } of site.hosts)
    for (const folder of folders) await walk(join(root, folder), `${name}:/${folder}`, found);
  return found;
}

/** Every file that podstrap wrote, with its mode, on every host. */
export const writtenFiles = async (site: PracticeSite): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    Object.entries(await fingerprint(site)).filter(
      ([path]) =>
        !/:\/var\/lib\/(podstrap|etcd|containerd|kubelet\/pods)/.test(path) &&
        !path.includes('/etc/kubernetes/.podstrap/'),
    ),
  );

async function walk(path: string, label: string, found: Record<string, string>): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return;
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isSymbolicLink()) found[label] = `link to ${await readlink(path)}`;
  else if (stat.isDirectory()) {
    found[label] = `directory ${mode}`;
    for (const name of await readdir(path)) await walk(join(path, name), `${label}/${name}`, found);
  } else
    found[label] = `${mode} ${createHash('sha256')
      .update(await readFile(path))
      .digest('hex')}`;
}
