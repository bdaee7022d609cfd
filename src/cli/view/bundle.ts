import type { Bundle } from '../../bundle/file/open-bundle.js';
import type { Provenance } from '../../bundle/file/provenance.js';
import { kubernetesVersions } from '../../bundle/file/select-artifacts.js';
import type { Artifact } from '../../desired/artifact.js';
import type { ContentOf } from '../documents/schemas.js';
import { inLine, shownIn } from './foreign.js';
import { tableLines } from './table.js';
import { bytes } from './texts.js';

/** A bundle as data, for `-o json`. */
export function bundleData(bundle: Bundle, provenance: Provenance | undefined): ContentOf<'Bundle'> {
  const { file, digest, size, created, base, list } = bundle;
  return {
    file,
    digest,
    size,
    created: new Date(created * 1000).toISOString(),
    kubernetesVersions: kubernetesVersions(list),
    architectures: archsOf(list),
    ...(base === undefined ? {} : { base: base.digest, omittedBlobs: base.omitted.size }),
    artifacts: list,
    provenance: provenance ?? null,
  };
}

/** A bundle as a table for people. */
export function bundleText(bundle: Bundle, provenance: Provenance | undefined, width?: number): string {
  const { file, digest, size, base, list } = bundle;
  const facts = [
    ['file', `${file}, ${bytes(size)}`],
    ['digest', digest],
    ['Kubernetes', kubernetesVersions(list).join(', ') || 'none'],
    ['architectures', archsOf(list).join(', ')],
    ...(base === undefined
      ? []
      : [['delta', `${base.omitted.size} blobs are left to the bundle ${base.digest}`]]),
    ['made', provenance === undefined ? 'no provenance file is beside it' : originText(provenance)],
  ];
  const rows = [['', 'NAME', 'VERSION', 'ARCH', 'SIZE', 'DIGEST'], ...list.map(rowOf)];
  return `${table(facts, width)}\n\n${table(rows, width)}\n`;
}

function originText({ predicate }: Provenance): string {
  const { buildDefinition, runDetails } = predicate;
  const { externalParameters, internalParameters, resolvedDependencies } = buildDefinition;
  const inventory = resolvedDependencies[0];
  return `${runDetails.metadata.finishedOn} by ${internalParameters.operator} with podstrap ${runDetails.builder.version.podstrap}, for ${externalParameters.cluster} from ${inventory?.name} (sha256:${inventory?.digest.sha256.slice(0, 12)})`;
}

const archsOf = (list: readonly Artifact[]): readonly string[] =>
  [...new Set(list.map(({ arch }) => arch))].sort();

const rowOf = (artifact: Artifact): readonly string[] =>
  artifact.kind === 'binary'
    ? [
        'binary',
        artifact.name,
        artifact.version,
        artifact.arch,
        bytes(artifact.size),
        `sha256:${artifact.sha256.slice(0, 12)}`,
      ]
    : [
        'image',
        ...nameAndTag(artifact.ref),
        artifact.arch,
        bytes(artifact.size),
        artifact.digest.slice(0, 19),
      ];

const nameAndTag = (ref: string): readonly [string, string] => {
  const colon = ref.lastIndexOf(':');
  return [ref.slice(0, colon), ref.slice(colon + 1)];
};

/** Rows as a table, with nothing in them that would break a line. */
export const table = (told: readonly (readonly string[])[], width?: number): string =>
  tableLines(
    shownIn(told, inLine).map((cells) => ({ cells })),
    'plain',
    width,
  ).join('\n');
