import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { paths } from '../src/host/paths.js';

/** What `up` once brought to a practice host: binaries and images. The same for all of them. */
export interface Stock {
  readonly binaries: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly mode: number;
    readonly bytes: Buffer;
  }[];
  /** Containerd's images and their content, as the practice host's stand-in keeps them. */
  readonly images: readonly { readonly path: string; readonly bytes: Buffer }[];
}

const imageDirectories = ['images', 'content', 'refs'].map((name) => `/var/lib/containerd/practice/${name}`);

/** Reads the stock of a practice host that `up` has brought up. @param root directory that is the host's `/` */
export function stockOf(root: string): Stock {
  const lines = readFileSync(join(root, paths.binaryRecord), 'utf8').trim().split('\n');
  return {
    binaries: lines.map((line) => {
      const [sha256, , , , ...words] = line.split(' ');
      const path = words.join(' ');
      const file = join(root, path);
      return { path, sha256: sha256!, mode: statSync(file).mode & 0o7777, bytes: readFileSync(file) };
    }),
    images: imageDirectories.flatMap((directory) =>
      readdirSync(join(root, directory)).map((name) => {
        const path = join(directory, name);
        return { path, bytes: readFileSync(join(root, path)) };
      }),
    ),
  };
}

/**
 * Puts a stock on a bare practice host, with the record by which podstrap knows it. To let `up` send it all to a
 * thousand hosts would take many minutes that nobody measures.
 */
export function putStock(root: string, { binaries, images }: Stock): void {
  const owner = statSync(join(root, 'etc'));
  const put = (path: string, bytes: Buffer | string, mode: number): void => {
    makeDirectories(root, dirname(path), owner);
    const file = join(root, path);
    writeFileSync(file, bytes, { mode });
    chownSync(file, owner.uid, owner.gid);
  };
  for (const { path, bytes, mode } of binaries) put(path, bytes, mode);
  for (const { path, bytes } of images) put(path, bytes, 0o644);
  const record = binaries.map(({ path, sha256 }) => {
    const { ctimeMs, size, ino } = statSync(join(root, path));
    return `${sha256} ${Math.floor(ctimeMs / 1000)} ${size} ${ino} ${path}\n`;
  });
  put(paths.binaryRecord, record.join(''), 0o600);
}

function makeDirectories(root: string, path: string, owner: { uid: number; gid: number }): void {
  if (path === '/' || path === '.') return;
  makeDirectories(root, dirname(path), owner);
  try {
    mkdirSync(join(root, path), { mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  chownSync(join(root, path), owner.uid, owner.gid);
}
