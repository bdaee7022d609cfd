import { formatPatch, type StructuredPatchHunk, structuredPatch } from 'diff';
import type {
  CertificateResource,
  DirectoryResource,
  FileResource,
  Owner,
  PhaseName,
} from '../../desired/resource.js';
import type { FileFact, HostFacts } from '../../observed/facts.js';
import { Secret } from '../../secret.js';
import { digestOf } from '../../secrets/digest.js';
import { type MaskOptions, maskSecrets } from '../../secrets/mask-secrets.js';
import type { Action, Step } from '../step.js';

/** Says what is wrong with a certificate that a host has, as sentences; none when it will do. Pure. */
export type JudgeOnHost = (
  host: string,
  wanted: CertificateResource,
  observedPem: string,
) => readonly string[];

const root: Owner = { uid: 0, gid: 0 };

const differsInMode = (fact: FileFact, mode: number, { uid, gid }: Owner): boolean =>
  fact.mode !== mode || fact.uid !== uid || fact.gid !== gid;

const modeReason = (fact: FileFact, mode: number, { uid, gid }: Owner): string =>
  `mode is ${fact.mode.toString(8).padStart(4, '0')} of ${fact.uid}:${fact.gid}, wanted ${mode.toString(8).padStart(4, '0')} of ${uid}:${gid}`;

/** Says in a step what goes: a digest, or the value of a setting; nothing where there is nothing. */
export const replaces = (value: string | undefined): Pick<Step, 'replaces'> =>
  value === undefined ? {} : { replaces: value };

/** The same of whatever is at a path: `directory` or `other` where it is no file, `file` where it could not be read. */
export const replacesFile = (fact: FileFact | undefined): Pick<Step, 'replaces'> =>
  replaces(fact && (fact.sha256 ?? fact.type));

/** @param keeps the owner is not to be looked at, since it changes together with what is in the folder */
export function diffDirectory(
  host: string,
  wanted: DirectoryResource,
  facts: HostFacts,
  keeps = false,
): Step[] {
  const fact = facts.files[wanted.path];
  const { path, mode, owner, phase } = wanted;
  if (fact?.type !== 'directory')
    return [
      {
        host,
        phase,
        action: { do: 'make-directory', path, mode, ...(owner ? { owner } : {}) },
        reason: fact ? 'it is not a directory' : wanted.because,
        ...replacesFile(fact),
      },
    ];
  return diffMode(host, phase, path, mode, fact, keeps ? { uid: fact.uid, gid: fact.gid } : owner);
}

/** Mode and owner of what is there already. */
export const diffMode = (
  host: string,
  phase: PhaseName,
  path: string,
  mode: number,
  fact: FileFact,
  owner?: Owner,
): Step[] =>
  differsInMode(fact, mode, owner ?? root)
    ? [
        {
          host,
          phase,
          action: { do: 'set-mode', path, mode, ...(owner ? { owner } : {}) },
          reason: modeReason(fact, mode, owner ?? root),
        },
      ]
    : [];

export function diffFile(host: string, wanted: FileResource, facts: HostFacts): Step[] {
  const fact = facts.files[wanted.path];
  if (wanted.kept && fact) return diffMode(host, wanted.phase, wanted.path, wanted.mode, fact);
  return diffContent(host, wanted, facts);
}

/** A file whose content is known to the byte: written when it differs, mended when only mode or owner do. */
function diffContent(
  host: string,
  { phase, path, mode, owner, content, because }: FileResource,
  facts: HostFacts,
): Step[] {
  const fact = facts.files[path];
  const secret = content instanceof Secret;
  const sha256 = digestOf(content);
  const action: Action = { do: 'write-file', path, mode, ...(owner ? { owner } : {}), sha256, secret };
  if (fact === undefined) return [{ host, phase, action, reason: because }];
  if (fact.sha256 !== sha256)
    return [
      {
        host,
        phase,
        action,
        reason: contentReason(fact, secret),
        ...replacesFile(fact),
        ...(secret || fact.content === undefined ? {} : { diff: textDiff(path, fact.content, content) }),
      },
    ];
  return diffMode(host, phase, path, mode, fact, owner);
}

function contentReason(fact: FileFact, secret: boolean): string {
  if (fact.type !== 'file') return 'it is not a regular file';
  return secret ? 'its content differs (not shown: it holds a key)' : 'its content differs';
}

/**
 * The unified diff that plan shows: what the host has against what is wanted. Of a secret it shows that and where it
 * differs, and not what it is.
 */
export const textDiff = (path: string, observed: string, wanted: string): string =>
  maskedDiff([`on the host: ${path}`, `wanted: ${path}`], observed, wanted, 'all');

/** The same of an object of the API, by its name, as YAML. */
export const objectDiff = (name: string, observed: string, wanted: string): string =>
  maskedDiff([`in the cluster: ${name}`, `wanted: ${name}`], observed, wanted, 'named');

function maskedDiff(
  names: readonly [string, string],
  observed: string,
  wanted: string,
  variables: NonNullable<MaskOptions['variables']>,
): string {
  const patch = structuredPatch(...names, observed, wanted, '', '', { context: 3 });
  const [before, after] = [observed, wanted].map((text) => maskSecrets(text, { variables }).split('\n'));
  const hunks = patch.hunks.map((hunk) => ({ ...hunk, lines: maskedLines(hunk, before!, after!) }));
  return formatPatch({ ...patch, hunks });
}

/** The lines of a hunk as people see them. Masking keeps lines what they are: each is found by its number. */
function maskedLines(
  { lines, oldStart, newStart }: StructuredPatchHunk,
  before: readonly string[],
  after: readonly string[],
): string[] {
  let [old, fresh] = [oldStart - 1, newStart - 1];
  return lines.map((line) => {
    if (line.startsWith('\\')) return line;
    if (line.startsWith('-')) return `-${before[old++]}`;
    if (line.startsWith(' ')) old++;
    return `${line[0]}${after[fresh++]}`;
  });
}

/** A certificate and its key are one: either both will do, or both are written. */
export function diffCertificate(
  host: string,
  wanted: CertificateResource,
  facts: HostFacts,
  judge: JudgeOnHost,
): Step[] {
  const { phase, path, mode, pem, key } = wanted;
  const fact = facts.files[path];
  const keyFact = key && facts.files[key.path];
  if (wanted.kept && fact && key && keyFact)
    return [
      ...diffMode(host, phase, path, mode, fact),
      ...diffMode(host, phase, key.path, key.mode, keyFact, key.owner),
    ];
  const reasons: string[] = [];
  if (fact === undefined) reasons.push(wanted.because);
  else if (fact.sha256 !== digestOf(pem))
    reasons.push(
      ...(fact.content === undefined ? ['it is not a readable file'] : judge(host, wanted, fact.content)),
    );
  if (key && keyFact !== undefined && fact !== undefined && keyFact.sha256 !== digestOf(key.pem))
    reasons.push('the key on the host is not the one that belongs to it');
  if (key && keyFact === undefined && fact !== undefined) reasons.push('its key is missing');
  if (reasons.length > 0) {
    const steps: Step[] = [
      {
        host,
        phase,
        action: { do: 'write-file', path, mode, sha256: digestOf(pem), secret: false },
        reason: reasons.join('; '),
        ...replacesFile(fact),
      },
    ];
    if (key)
      steps.unshift({
        host,
        phase,
        action: {
          do: 'write-file',
          path: key.path,
          mode: key.mode,
          ...(key.owner ? { owner: key.owner } : {}),
          sha256: digestOf(key.pem),
          secret: true,
        },
        reason: reasons.join('; '),
        ...replacesFile(keyFact),
      });
    return steps;
  }
  return [
    ...(fact ? diffMode(host, phase, path, mode, fact) : []),
    ...(key && keyFact ? diffMode(host, phase, key.path, key.mode, keyFact, key.owner) : []),
  ];
}
