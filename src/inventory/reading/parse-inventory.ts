import { basename, relative } from 'node:path';
import { isSupported, release } from '../../kubernetes/versions.js';
import { Secret } from '../../secret.js';
import type { Addon } from '../addons/addon.js';
import { loadAddons } from '../addons/load-addons.js';
import { composeDocument } from '../document/compose-document.js';
import { lineIndex } from '../document/line-index.js';
import { locate } from '../document/locate.js';
import { type Node, toValue } from '../document/node.js';
import { readFreeValues } from '../document/read-free-values.js';
import { repairFields } from '../document/repair-fields.js';
import { substitute } from '../document/substitute.js';
import { type Draft, draftOf } from '../draft.js';
import { hiddenValues } from '../hidden-values.js';
import type { Inventory, ManifestPatch, SourceText } from '../inventory.js';
import { formatPath, type Path, parsePath } from '../path.js';
import { checkFiles } from '../rules/files.js';
import { type LoadedPods, loadStaticPods, staticPodSources } from '../static-pods/load-static-pods.js';
import { hiddenLines } from '../static-pods/secret-commands.js';
import { documentKinds } from './document-kinds.js';
import { resolvePath } from './files.js';
import type { Finding } from './finding.js';
import { InvalidInventory } from './invalid-inventory.js';
import { kindIn } from './kind-of.js';
import { loadExtraFiles } from './load-extra-files.js';
import { loadPatches } from './load-patches.js';
import type { Problem } from './problem.js';
import { schemaFindings } from './schema-findings.js';
import type { Source } from './source.js';
import { toProblems } from './to-problems.js';

/** A sound inventory, and what its author may not have meant. */
export interface ReadInventory {
  readonly inventory: Inventory;
  readonly warnings: readonly Problem[];
}

/**
 * The inventory that `text` describes, defaults filled in.
 * @throws InvalidInventory with every problem at once
 */
export function parseInventory(text: string, source: Source): ReadInventory {
  const yaml = text.replace(/^\uFEFF/, '');
  const { root: composed, findings: syntax } = composeDocument(yaml);
  const places = { file: source.file, placeAt: lineIndex(yaml) };
  if (composed === undefined) throw new InvalidInventory(source.file, toProblems(syntax, undefined, places));

  const format = documentKinds[kindIn(composed)];
  const schema = format.jsonSchema();
  const repaired = repairFields(composed, schema);
  const {
    root,
    findings: unset,
    uses,
  } = substitute(readFreeValues(repaired.root, schema), schema, source.environment);
  const value = toValue(root);
  const parsed = format.schema.safeParse(value);
  const shape = parsed.success ? [] : schemaFindings(parsed.error.issues, root, schema);
  const sound = draftOf(
    value,
    shape.map(({ path }) => path),
  );
  const { listed, draft, findings: ofLists } = format.expand(sound, source);
  const outside = checkOutside(draft, source);
  const meaning = [...ofLists, ...format.rules.flatMap((rule) => rule(draft)), ...outside.findings];

  const findings = [...syntax, ...repaired.findings, ...foremost([unset, shape, meaning])];
  const problems = toProblems(findings, root, places);
  if (!parsed.success || problems.some(({ severity }) => severity === 'error'))
    throw new InvalidInventory(source.file, problems);
  const whole = format.complete(parsed.data, listed);
  const inventory = {
    ...whole,
    ...(listed.length === 0 ? {} : { listed }),
    directory: source.directory,
    file: source.file,
    placeOf: (path: string) => placeOf(root, parsePath(path), places),
    patches: outside.patches,
    addons: source.addons ?? outside.addons,
    staticPods: staticPodSources(whole.spec.staticPods, outside.pods.manifests),
    files: new Map([...outside.texts, ...outside.pods.texts]),
    secrets: outside.pods.secrets,
    sources: sourcesOf(text, source, outside),
    hidden: [
      ...hiddenValues(uses).map((value) => new Secret(value)),
      ...[...outside.pods.secrets.values()].flatMap(hiddenLines),
    ],
  };
  return { inventory, warnings: problems };
}

/** What the document says it is; anything else is judged as a cluster. */
interface Outside {
  readonly findings: readonly Finding[];
  readonly patches: readonly ManifestPatch[];
  readonly addons: readonly Addon[];
  readonly texts: ReadonlyMap<string, Secret>;
  readonly pods: LoadedPods;
}

const noPods: LoadedPods = {
  manifests: new Map(),
  paths: [],
  texts: new Map(),
  secrets: new Map(),
  findings: [],
};

/** What is wrong with the files that the inventory names, its patches, its addons, and its static pods. */
function checkOutside(draft: Draft, { files, directory, environment, addons: taken }: Source): Outside {
  if (files === undefined) return { findings: [], patches: [], addons: [], texts: new Map(), pods: noPods };
  const from = { directory, home: environment.HOME };
  const findings = checkFiles(draft, files, from);
  const { texts, findings: unread } = loadExtraFiles(draft, files, from);
  const patchDirectory = draft.spec?.patches?.directory;
  const loaded =
    patchDirectory === undefined
      ? { findings: [], patches: [] }
      : loadPatches(resolvePath(patchDirectory, from), files, minorOf(draft));
  const { addons, findings: unsound } = taken
    ? { addons: taken, findings: [] }
    : loadAddons(draft, files, from);
  const pods = loadStaticPods(draft, files, { ...from, environment });
  return {
    findings: [...findings, ...unread, ...loaded.findings, ...unsound, ...pods.findings],
    patches: loaded.patches,
    addons,
    texts,
    pods,
  };
}

/** Undefined where no version is named that there is. */
const minorOf = ({ spec }: Draft): number | undefined =>
  spec?.kubernetesVersion === undefined || !isSupported(spec.kubernetesVersion)
    ? undefined
    : release(spec.kubernetesVersion).minor;

const sourcesOf = (
  text: string,
  { file, directory, files }: Source,
  { patches, pods }: Outside,
): readonly SourceText[] => [
  { path: basename(file), text: new Secret(text) },
  ...[...new Set([...patches.map(({ file: patch }) => patch), ...pods.paths])].map((one) => ({
    path: relative(directory, one),
    text: new Secret(files?.read(one) ?? ''),
  })),
];

/** A field that is unsound in one way often looks unsound to later rules too: its first problem is enough. */
function foremost(layers: readonly (readonly Finding[])[]): readonly Finding[] {
  const unsound = new Set<string>();
  return layers.flatMap((layer) => {
    const kept = layer.filter(({ path }) => !unsound.has(formatPath(path)));
    for (const { path } of kept.filter(isError)) unsound.add(formatPath(path));
    return kept;
  });
}

const isError = ({ severity }: Finding): boolean => severity === undefined;

function placeOf(
  root: Node,
  path: Path,
  places: { file: string; placeAt: ReturnType<typeof lineIndex> },
): string {
  const { line, column } = places.placeAt(locate(root, path).keyAt);
  return `${places.file}:${line}:${column}`;
}
