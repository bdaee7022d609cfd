import { paths } from '../../host/paths.js';

/** What a host had before something was replaced, as its record of what is replaced tells; see store-script.ts. */
export type Replaced =
  /** A file was there; its content is in the host's store. */
  | {
      readonly was: 'file';
      readonly path: string;
      readonly mode: string;
      readonly owner: string;
      readonly sha256: string;
    }
  /** A symbolic link was there; where it led to is in the host's store. */
  | { readonly was: 'link'; readonly path: string; readonly sha256: string }
  | { readonly was: 'absent'; readonly path: string }
  | { readonly was: 'no-directory'; readonly path: string }
  | { readonly was: 'mode'; readonly path: string; readonly mode: string; readonly owner: string }
  | { readonly was: 'sysctl'; readonly name: string; readonly value: string }
  | { readonly was: 'unit'; readonly name: string; readonly enabled: string };

const line = /^(\S+) (\S+) (.*) ([cmdsu]):(.+)$/;

/** Reads a host's record. A line that a loss of power cut short names nothing that was replaced yet. Pure. */
export const parseReplaced = (text: string): readonly Replaced[] =>
  text.split('\n').flatMap((one) => {
    const [, mode, owner, value, kind, name] = line.exec(one) ?? [];
    const found = name === undefined ? undefined : replacedOf(kind!, name, mode!, owner!, value!);
    return found === undefined ? [] : [found];
  });

function replacedOf(
  kind: string,
  name: string,
  mode: string,
  owner: string,
  value: string,
): Replaced | undefined {
  if (kind === 'm') return { was: 'mode', path: name, mode, owner };
  if (kind === 'd') return { was: 'no-directory', path: name };
  if (kind === 's') return { was: 'sysctl', name, value };
  if (kind === 'u') return { was: 'unit', name, enabled: value };
  if (mode === '-') return { was: 'absent', path: name };
  if (!/^[0-9a-f]{64}$/.test(value)) return undefined;
  return mode === 'link'
    ? { was: 'link', path: name, sha256: value }
    : { was: 'file', path: name, mode, owner, sha256: value };
}

/**
 * True when the record goes back to before the host had a kubelet of ours, or etcd: its run was never finished here, as
 * when the operator was killed between the gates of a bootstrap and its last note. Going back would empty a host that
 * is in use.
 */
export const isBeginning = (was: readonly Replaced[]): boolean =>
  was.some(
    (one) => one.was === 'absent' && [paths.kubeletUnit, `${paths.manifests}/etcd.yaml`].includes(one.path),
  );
