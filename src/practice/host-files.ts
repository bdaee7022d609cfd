import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ownersFolder } from './stand-ins/identity.js';

/** The unprivileged user whose shells work in a practice host; absent when this process is not root itself. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The files of one practice host, by the absolute paths that it knows. Scripts on the host may have left symbolic links
 * that point out of its root; whatever lies behind one does not exist here, since this process may be root.
 */
export class HostFiles {
  readonly root: string;
  readonly #owner: Owner | undefined;

  constructor(root: string, owner: Owner | undefined) {
    this.root = root;
    this.#owner = owner;
  }

  /** Whom a file belongs to on the practice host: root, or whom chown gave it to there. */
  ownerOf(path: string): Owner {
    const note = this.#ownerNote(path);
    const [uid = 0, gid = 0] = (note === undefined ? '' : (this.read(note) ?? '')).split(':').map(Number);
    return { uid, gid };
  }

  /** Whether a user may read what is there; of the folders around it, which a container does not see, nothing is asked. */
  mayRead(path: string, user: Owner): boolean {
    const real = this.#inside(path);
    if (real === undefined || user.uid === 0) return true;
    const { uid, gid } = this.ownerOf(path);
    const { mode } = statSync(real);
    return (mode & (uid === user.uid ? 0o400 : gid === user.gid ? 0o040 : 0o004)) !== 0;
  }

  /** As chown there does, of what is there. */
  give(path: string, { uid, gid }: Owner): void {
    const note = this.#ownerNote(path);
    if (note !== undefined) this.write(note, `${uid}:${gid}\n`);
  }

  #ownerNote(path: string): string | undefined {
    const real = this.#inside(path);
    const stats = real === undefined ? undefined : statSync(real, { bigint: true, throwIfNoEntry: false });
    return stats && `${ownersFolder}/${stats.ino}-${stats.birthtimeNs / 1_000_000_000n}`;
  }

  /** The text of a file, or undefined when there is none that can be read. */
  read(path: string): string | undefined {
    const real = this.#inside(path);
    try {
      return real === undefined ? undefined : readFileSync(real, 'utf8');
    } catch {
      return undefined;
    }
  }

  exists(path: string): boolean {
    return this.#inside(path) !== undefined;
  }

  kindOf(path: string): 'file' | 'directory' | 'other' | undefined {
    const real = this.#inside(path);
    const stats = real === undefined ? undefined : statSync(real, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  }

  /** Names in a directory, sorted; empty when it is not there. */
  list(path: string): string[] {
    const real = this.#inside(path);
    try {
      return real === undefined ? [] : readdirSync(real).sort();
    } catch {
      return [];
    }
  }

  /** Puts a file in place in one step: scripts never see half of it. */
  write(path: string, text: string | Uint8Array, mode = 0o644): void {
    this.#settle(() => {
      const target = this.#writable(path);
      const part = `${target}.${randomBytes(4).toString('hex')}`;
      writeFileSync(part, text, { mode, flag: 'wx' });
      this.#give(part);
      renameSync(part, target);
    });
  }

  append(path: string, text: string): void {
    this.#settle(() => {
      const target = this.#writable(path);
      const isNew = !this.exists(path);
      if (isNew) rmSync(target, { force: true });
      appendFileSync(target, text);
      if (isNew) this.#give(target);
    });
  }

  makeDirectory(path: string, mode = 0o755): void {
    if (path === '/' || this.exists(path)) return;
    this.makeDirectory(dirname(path));
    this.#settle(() => {
      if (this.exists(path)) return;
      mkdirSync(this.#writable(path), { mode });
      this.#give(join(this.root, path));
    });
  }

  /** Removes a file or a whole directory, if it is there. */
  remove(path: string): void {
    if (this.#inside(dirname(path)) !== undefined)
      this.#settle(() => rmSync(this.#writable(path), { recursive: true, force: true, maxRetries: 2 }));
  }

  /**
   * Tries twice: a script may take a directory away at the same moment. What then still cannot be written belongs to
   * something that is being deleted.
   */
  #settle(action: () => void): void {
    for (let attempt = 0; attempt < 2; attempt++)
      try {
        action();
        return;
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!['ENOENT', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY'].includes(code)) throw error;
      }
  }

  #give(real: string): void {
    if (this.#owner) chownSync(real, this.#owner.uid, this.#owner.gid);
  }

  #inside(path: string): string | undefined {
    try {
      const real = realpathSync.native(join(this.root, path));
      return real === this.root || real.startsWith(`${this.root}/`) ? real : undefined;
    } catch {
      return undefined;
    }
  }

  /** The real name of a file to be made; a link that stands there is not followed but replaced. */
  #writable(path: string): string {
    this.makeDirectory(dirname(path));
    const parent = this.#inside(dirname(path));
    if (parent === undefined)
      throw Object.assign(new Error(`${path} leads out of the practice host`), { code: 'ENOENT' });
    return join(parent, basename(path));
  }
}
