import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Action, Step } from '../../src/plan/step.js';
import { locateCommands } from '../../src/practice/permitted-commands.js';
import { ownersFolder } from '../../src/practice/stand-ins/identity.js';
import { makeCommandDirectory } from '../../src/practice/stand-ins/stand-ins.js';
import type { Secret } from '../../src/secret.js';
import { digestOf } from '../../src/secrets/digest.js';
import { localTransport } from '../../src/transport/local.js';
import type { Transport } from '../../src/transport/transport.js';

/** A host that is a directory: scripts run for real, in a real shell, with stand-ins for what would change this machine. */
export interface World {
  readonly root: string;
  readonly transport: Transport;
  /** Path of a stand-in's directory that comes first, for programs that fail on request. */
  readonly own: string;
  write(path: string, content: string, mode?: number): void;
  read(path: string): string;
  /** Permission bits. */
  mode(path: string): number;
  exists(path: string): boolean;
  list(path: string): readonly string[];
  /** Every regular file below the root but those of the stand-ins themselves. */
  tree(): readonly string[];
  dispose(): Promise<void>;
}

export function makeWorld(host = 'cp-1', name = 'root'): World {
  const base = mkdtempSync(join(tmpdir(), 'podstrap-apply-'));
  const root = join(base, name);
  const commands = join(base, 'commands');
  const own = join(base, 'own');
  for (const path of ['etc/kubernetes/manifests', 'var/lib/podstrap', 'usr/local/bin', 'run/practice', 'tmp'])
    mkdirSync(join(root, path), { recursive: true });
  mkdirSync(own);
  makeCommandDirectory(commands, locateCommands(process.env.PATH ?? ''));
  const at = (path: string): string => join(root, path);
  const transport = localTransport({
    host,
    user: 'root',
    become: 'none',
    env: { PATH: `${own}:${commands}`, PODSTRAP_ROOT: root, TMPDIR: at('tmp') },
    password: () => ({ answer: async () => undefined, settle: () => undefined }),
  });
  const world: World = {
    root,
    transport,
    own,
    write: (path, content, mode = 0o644) => {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), content, { mode });
    },
    read: (path) => readFileSync(at(path), 'utf8'),
    mode: (path) => statSync(at(path)).mode & 0o7777,
    exists: (path) => existsSync(at(path)),
    list: (path) => (existsSync(at(path)) ? readdirSync(at(path)).sort() : []),
    tree: () =>
      readdirSync(root, { recursive: true, encoding: 'utf8', withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
        .filter((path) => !path.startsWith('/run/practice/') && !path.startsWith(ownersFolder))
        .sort(),
    dispose: async () => {
      await transport.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
  return world;
}

export const context = {
  run: '20260101T000000Z-abcd',
  lockId: 'ours',
  clusterId: '0123456789abcdef',
  host: 'cp-1',
};

export const holdLock = (world: World, owner = 'ours'): void =>
  world.write('/var/lib/podstrap/lock', `${owner} me@here (podstrap up)\n`);

export const step = (action: Action): Step => ({ host: 'cp-1', phase: 'node', action, reason: 'a test' });

export const writeFile = (path: string, content: string | Secret, mode = 0o644): Step =>
  step({ do: 'write-file', path, mode, sha256: digestOf(content), secret: false });

export const putManifest = (pod: string, content: string): Step =>
  step({
    do: 'put-manifest',
    pod,
    path: `/etc/kubernetes/manifests/${pod}.yaml`,
    mode: 0o600,
    sha256: digestOf(content),
    revision: 'cafe',
  });

export const contentsOf = (...contents: readonly (string | Secret)[]): ReadonlyMap<string, string | Secret> =>
  new Map(contents.map((content) => [digestOf(content), content]));
