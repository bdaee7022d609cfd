import { readYaml } from '../../read-yaml.js';
import { reveal, Secret } from '../../secret.js';
import { draftedSections } from '../component-sections.js';
import type { Draft } from '../draft.js';
import { judgeAuditPolicy } from '../hardening/judge-audit-policy.js';
import type { Path } from '../path.js';
import { type Files, resolvePath } from './files.js';
import type { Finding } from './finding.js';

interface ExtraFile {
  readonly at: Path;
  readonly source: string;
  readonly path: string | undefined;
}

/** The texts of the components' own files, by their `source`, and what is wrong with these files and their places. */
export function loadExtraFiles(
  draft: Draft,
  files: Files,
  from: { directory: string; home?: string | undefined },
): { texts: ReadonlyMap<string, Secret>; findings: readonly Finding[] } {
  const texts = new Map<string, Secret>();
  const findings: Finding[] = [];
  const wanted = extraFilesOf(draft);
  for (const { at, source } of wanted) {
    const read = textOf(resolvePath(source, from), files);
    if (read instanceof Secret) texts.set(source, read);
    else findings.push({ path: [...at, 'source'], found: `${source} ${read}`, expected: 'a file with text' });
  }
  return { texts, findings: [...findings, ...contested(wanted), ...ownPolicy(draft, files, from, texts)] };
}

/** The file of `spec.audit.policy` among the texts, or what is wrong with it. */
function ownPolicy(
  { spec }: Draft,
  files: Files,
  from: { directory: string; home?: string | undefined },
  texts: Map<string, Secret>,
): readonly Finding[] {
  const source = spec?.audit?.policy;
  if (source === undefined || source === 'baseline' || source === 'off') return [];
  const path = ['spec', 'audit', 'policy'];
  const expected = 'baseline, off, or a file with a Policy of audit.k8s.io/v1';
  const read = textOf(resolvePath(source, from), files);
  if (!(read instanceof Secret)) return [{ path, found: `${source} ${read}`, expected }];
  texts.set(source, read);
  const complaint = judgeAuditPolicy(reveal(read));
  return complaint === undefined ? [] : [{ path, found: `${source} ${complaint}`, expected }];
}

const extraFilesOf = (draft: Draft): readonly ExtraFile[] =>
  draftedSections(draft).flatMap(({ path: at, section }) =>
    (section?.extraFiles ?? []).flatMap((file, index) =>
      file?.source === undefined
        ? []
        : [{ at: [...at, 'extraFiles', index], source: file.source, path: file.path }],
    ),
  );

/** What is wrong with a file, or its text. A YAML document is read once here, so that no typing error reaches a host. */
function textOf(absolute: string, files: Files): Secret | string {
  const kind = files.kind(absolute);
  if (kind === undefined) return `is not there (${absolute})`;
  if (kind === 'directory') return `is a directory (${absolute})`;
  try {
    const text = files.read(absolute);
    if (/\.(ya?ml|json)$/.test(absolute)) readYaml(text);
    return new Secret(text);
  } catch (error) {
    const { code, reason } = error as NodeJS.ErrnoException & { reason?: string };
    // The parser's whole message quotes lines of the file, which may hold keys.
    return reason === undefined ? `cannot be read (${code ?? 'unknown error'})` : `is not YAML: ${reason}`;
  }
}

/** One path has one content: two components may share a file, and not disagree about it. */
function contested(wanted: readonly ExtraFile[]): readonly Finding[] {
  const owners = new Map<string, string>();
  return wanted.flatMap(({ at, source, path }) => {
    if (path === undefined) return [];
    const other = owners.get(path);
    owners.set(path, other ?? source);
    return other === undefined || other === source
      ? []
      : [
          {
            path: [...at, 'path'],
            found: `${path} comes from ${other} as well`,
            expected: 'one source for one path',
          },
        ];
  });
}
