import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Lab } from './hosts.js';

/** Folders in which podstrap may write; what a running Debian itself writes lies elsewhere, or is named below. */
const roots = ['/etc', '/opt', '/usr/local', '/root', '/var/lib'];
const restless = ['/var/lib/systemd', '/var/lib/sudo', '/var/lib/dbus', '/etc/.pwd.lock', '/root/.cache'];

/**
 * Everything on a host's disks that podstrap could have changed: path → kind, mode and content. Taken from outside
 * where that is possible, so that looking changes nothing and a host without power can be looked at.
 */
export async function fingerprint(lab: Lab, host: string): Promise<ReadonlyMap<string, string>> {
  if (lab.settings.machines === 'vm') return parseFound(await lab.read(host, findAll));
  const found = new Map<string, string>();
  for (const root of roots) await walk(lab, host, root, found);
  return found;
}

async function walk(lab: Lab, host: string, folder: string, found: Map<string, string>): Promise<void> {
  for (const name of (await readdir(lab.path(host, folder))).sort()) {
    const path = `${folder}/${name}`;
    if (restless.includes(path)) continue;
    const outside = lab.path(host, path);
    const stat = await lstat(outside);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) found.set(path, `directory ${mode}`);
    else if (stat.isSymbolicLink()) found.set(path, `link to ${await readlink(outside)}`);
    else if (stat.isFile()) found.set(path, `file ${mode} ${stat.size} ${await sha256(outside)}`);
    else found.set(path, `special ${mode}`);
    if (stat.isDirectory()) await walk(lab, host, path, found);
  }
}

const except = restless.map((path) => `-path ${path}`).join(' -o ');

/** Path, kind, mode, size and target of a link, line by line; then the sum of each file. */
const findAll = `find ${roots.join(' ')} -mindepth 1 \\( ${except} \\) -prune -o -printf '%p\\t%y\\t%m\\t%s\\t%l\\n'
  echo; find ${roots.join(' ')} -mindepth 1 \\( ${except} \\) -prune -o -type f -exec sha256sum {} +`;

function parseFound(said: string): ReadonlyMap<string, string> {
  const [all = '', sums = ''] = said.split('\n\n');
  const sumOf = new Map(sums.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
  return new Map(
    all.split('\n').map((line) => {
      const [path = '', kind, mode, size, target] = line.split('\t');
      const of: Readonly<Record<string, string>> = {
        d: `directory ${mode}`,
        l: `link to ${target}`,
        f: `file ${mode} ${size} ${sumOf.get(path)}`,
      };
      return [path, of[kind!] ?? `special ${mode}`];
    }),
  );
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** What a bootstrap left on a host, without what differs between two clusters on purpose: keys, digests, tokens. */
export async function outcome(lab: Lab, host: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  const all = await fingerprint(lab, host);
  for (const [path, what] of all) {
    if (/^\/(etc\/kubernetes|etc\/systemd\/system|etc\/containerd|usr\/local|opt)/.test(path))
      found[path] = what.split(' ').slice(0, 2).join(' ');
    if (/^\/usr\/local\/s?bin\/|^\/opt\/cni\/bin\//.test(path)) found[path] = what;
  }
  const manifests = join('/etc/kubernetes', 'manifests');
  for (const name of (await lab.read(host, `ls -A ${manifests}`)).trim().split('\n'))
    found[`${manifests}/${name}`] = (await lab.read(host, `cat ${manifests}/${name}`)).replace(
      /(podstrap\.io\/revision: ).*/,
      '$1(of its keys)',
    );
  return found;
}
