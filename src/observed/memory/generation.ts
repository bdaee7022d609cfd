import type {
  BinaryResource,
  CertificateResource,
  DesiredHost,
  DirectoryResource,
  FileResource,
  ImageResource,
  KernelModuleResource,
  Resource,
  StaticPodResource,
  SysctlResource,
  UnitResource,
  UserResource,
} from '../../desired/resource.js';
import { Secret } from '../../secret.js';
import { digestOf } from '../../secrets/digest.js';
import type { HostFacts } from '../facts.js';

interface Digested {
  /** Hex SHA-256 of what the host has. */
  readonly sha256: string;
}

/** A resource as a generation remembers it: all of it but its content, which the host's store has by its digest. */
export type Remembered =
  | (Omit<FileResource, 'content'> & Digested & { readonly secret: boolean })
  | (Omit<CertificateResource, 'pem' | 'key'> &
      Digested & { readonly key?: Digested & { readonly path: string; readonly mode: number } })
  | (Omit<StaticPodResource, 'content'> & Digested)
  | DirectoryResource
  | UserResource
  | UnitResource
  | KernelModuleResource
  | SysctlResource
  | BinaryResource
  | ImageResource;

/** What a host was to have when a run was finished, and who said so. Plain data, kept on the host. */
export interface Generation {
  readonly apiVersion: 'podstrap.io/v1alpha1';
  readonly kind: 'Generation';
  readonly host: string;
  readonly run: string;
  /** When the run was finished, ISO 8601. */
  readonly time: string;
  /** user@machine (command). */
  readonly by: string;
  /** Version of podstrap. */
  readonly podstrap: string;
  /** Digest of the plan that led here. */
  readonly plan: string;
  /** The run whose generation was brought back, when this was a rollback. */
  readonly rollbackTo?: string;
  readonly resources: readonly Remembered[];
}

/** A line of a host's own journal: who finished a run here, and what it came to. */
export interface HostJournalEntry
  extends Pick<Generation, 'run' | 'time' | 'by' | 'podstrap' | 'plan' | 'rollbackTo'> {
  /** Changes on this host. */
  readonly steps: number;
  readonly result: 'done';
}

/** What a host notes of the run that made this generation. Pure. */
export const journalEntryOf = (
  { run, time, by, podstrap, plan, rollbackTo }: Generation,
  steps: number,
): HostJournalEntry => ({
  run,
  time,
  by,
  podstrap,
  plan,
  ...(rollbackTo === undefined ? {} : { rollbackTo }),
  steps,
  result: 'done',
});

/**
 * The resources of a host as a generation remembers them. Pure.
 * @param facts what was there before the run; a certificate that was good enough stayed as it was
 * @param written paths that the run wrote
 */
export function remember(
  wanted: DesiredHost,
  facts: Pick<HostFacts, 'files'>,
  written: ReadonlySet<string>,
): readonly Remembered[] {
  const onHost = (path: string, content: string | Secret): string =>
    (written.has(path) ? undefined : facts.files[path]?.sha256) ?? digestOf(content);
  return wanted.resources.map((resource): Remembered => {
    switch (resource.kind) {
      case 'file': {
        const { content, identity: _identity, kept: _kept, ...rest } = resource;
        return { ...rest, sha256: onHost(rest.path, content), secret: content instanceof Secret };
      }
      case 'static-pod': {
        const { content, ...rest } = resource;
        return { ...rest, sha256: onHost(rest.path, content) };
      }
      case 'certificate': {
        const { pem, key, kept: _kept, ...rest } = resource;
        const kept = key && { path: key.path, mode: key.mode, sha256: onHost(key.path, key.pem) };
        return { ...rest, sha256: onHost(rest.path, pem), ...(kept ? { key: kept } : {}) };
      }
      default:
        return resource;
    }
  });
}

/** Path and digest of every file of a generation. */
export const filesOf = (
  resources: readonly Remembered[],
): readonly { readonly path: string; readonly sha256: string }[] =>
  resources.flatMap((resource) => {
    if (!('sha256' in resource)) return [];
    const { path, sha256 } = resource;
    return resource.kind === 'certificate' && resource.key
      ? [{ path, sha256 }, resource.key]
      : [{ path, sha256 }];
  });

/** True for what stays as the keystore and the operator's disk have it now, whatever generation comes back. */
export const followsKeystore = (resource: Resource | Remembered): boolean =>
  resource.kind === 'certificate' || resource.phase === 'certificates';
