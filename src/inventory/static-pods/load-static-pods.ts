import { podNames } from '../../kubernetes/pod-names.js';
import { Secret } from '../../secret.js';
import { didYouMean } from '../did-you-mean.js';
import type { Path } from '../path.js';
import { type Files, resolvePath } from '../reading/files.js';
import type { Finding } from '../reading/finding.js';
import { judgePods } from './judge-pods.js';
import { type ReadPod, readPod } from './read-pod.js';
import { secretKey, secretOrigin } from './secret-key.js';
import { type HostSelector, selects } from './selects.js';
import type { StaticPodEntry, StaticPodSource } from './static-pod.js';
import { fillText, TemplateProblem, type TemplateValues } from './template.js';
import { templateValues } from './template-values.js';
import type { DraftedPod as Entry, DraftedHost as Host, WithStaticPods } from './with-static-pods.js';

export interface LoadedPods {
  /** By the place among spec.staticPods. */
  readonly manifests: ReadonlyMap<number, ReadPod>;
  /** Paths of the manifests, absolute. */
  readonly paths: readonly string[];
  /** By the `source` that a host has, its templates filled in. */
  readonly texts: ReadonlyMap<string, Secret>;
  /** By their key; those that a command prints are not among them. */
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly findings: readonly Finding[];
}

interface From {
  readonly directory: string;
  readonly home?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

type File = NonNullable<NonNullable<Entry['files']>[number]>;

/** The manifests and files of the static pods of people's own, and what is wrong with them. Runs no command. */
export function loadStaticPods(draft: WithStaticPods, files: Files, from: From): LoadedPods {
  const loading = new Loading(draft, files, from);
  for (const [index, entry] of (draft.spec?.staticPods ?? []).entries())
    if (entry !== undefined) loading.load(entry, index);
  loading.findings.push(...judgePods(draft, loading.manifests));
  return loading;
}

/** The entries with what was read for them. */
export const staticPodSources = (
  entries: readonly StaticPodEntry[],
  manifests: LoadedPods['manifests'],
): readonly StaticPodSource[] =>
  entries.flatMap((entry, index) => {
    const read = manifests.get(index);
    return read === undefined ? [] : [{ entry, index, ...read }];
  });

class Loading implements LoadedPods {
  readonly manifests = new Map<number, ReadPod>();
  readonly paths: string[] = [];
  readonly texts = new Map<string, Secret>();
  readonly secrets = new Map<string, Secret>();
  readonly findings: Finding[] = [];
  readonly #names = new Set<string>();
  readonly #hosts: readonly Host[];

  constructor(
    private readonly draft: WithStaticPods,
    private readonly files: Files,
    private readonly from: From,
  ) {
    this.#hosts = (draft.spec?.hosts ?? []).flatMap((host) => host ?? []);
  }

  load(entry: Entry, index: number): void {
    const path: Path = ['spec', 'staticPods', index];
    const { name, manifest } = entry;
    if (name !== undefined) this.#judgeName(name, [...path, 'name']);
    this.#judgeSelector(entry, path);
    if (manifest !== undefined) this.#loadManifest(manifest, [...path, 'manifest'], index);
    const taken = new Set<string>();
    for (const [at, file] of (entry.files ?? []).entries()) {
      if (file === undefined) continue;
      const place = [...path, 'files', at];
      if (file.path !== undefined && taken.has(file.path))
        this.findings.push({
          path: [...place, 'path'],
          found: `${file.path} a second time`,
          expected: 'each path only once',
        });
      if (file.path !== undefined) taken.add(file.path);
      this.#judgeFile(file, place, entry);
    }
  }

  #judgeName(name: string, path: Path): void {
    if ((podNames as readonly string[]).includes(name))
      this.findings.push({
        path,
        found: `${name}, which is a static pod of podstrap’s own`,
        expected: 'another name',
      });
    if (this.#names.has(name))
      this.findings.push({ path, found: `${name} a second time`, expected: 'each name only once' });
    this.#names.add(name);
  }

  #judgeSelector({ hosts, allowEmpty }: Entry, path: Path): void {
    if (hosts === undefined) return;
    const at = [...path, 'hosts'];
    const before = this.findings.length;
    const known = this.#hosts.flatMap(({ name }) => name ?? []);
    for (const [index, name] of (hosts.names ?? []).entries())
      if (name !== undefined && !known.includes(name))
        this.findings.push({
          path: [...at, 'names', index],
          found: `no host ${JSON.stringify(name)}`,
          expected: 'the name of a host',
          hint: didYouMean(name, known),
        });
    for (const [index, expression] of (hosts.matchExpressions ?? []).entries()) {
      const wanted = expression?.operator === 'In' || expression?.operator === 'NotIn';
      if (expression?.operator !== undefined && wanted !== (expression.values ?? []).length > 0)
        this.findings.push({
          path: [...at, 'matchExpressions', index],
          found: `${expression.operator} ${wanted ? 'without' : 'with'} values`,
          expected: wanted ? 'values to compare with' : 'no values',
        });
    }
    if (this.findings.length > before || allowEmpty === true) return;
    if (!this.#hosts.some((host) => selects(hosts as HostSelector, host)))
      this.findings.push({
        path: at,
        found: 'a selector that matches no host',
        expected: 'one that matches, or `allowEmpty: true`',
      });
  }

  #loadManifest(manifest: string, path: Path, index: number): void {
    const absolute = resolvePath(manifest, this.from);
    const text = this.#read(manifest, absolute);
    if (!(text instanceof Secret)) {
      this.findings.push({ path, found: text, expected: 'a file with a Pod' });
      return;
    }
    const { read, complaints } = readPod(manifest, text.reveal());
    this.findings.push(...complaints.map((complaint) => ({ path, ...complaint })));
    if (read !== undefined) this.manifests.set(index, read);
    if (!this.paths.includes(absolute)) this.paths.push(absolute);
  }

  /** Every file once for all hosts that have the same. */
  #judgeFile(file: File, path: Path, { hosts }: Entry): void {
    const { source, secret } = file;
    const ways = secret === undefined ? [] : [secret.file, secret.environment, secret.command];
    if ((source === undefined) === (secret === undefined)) {
      const found =
        source === undefined ? 'a file without `source` or `secret`' : 'both `source` and `secret`';
      this.findings.push({ path, found, expected: 'one of `source` and `secret`' });
    } else if (secret !== undefined && ways.filter((way) => way !== undefined).length !== 1)
      this.findings.push({
        path: [...path, 'secret'],
        found: 'a secret without a source, or with several',
        expected: 'one of `file`, `environment` and `command`',
      });
    else
      for (const host of this.#hosts)
        if (selects(hosts as HostSelector | undefined, host) && !this.#loadFile(file, path, host)) return;
  }

  /** @returns whether it is sound; one problem is enough for all hosts */
  #loadFile({ source, secret }: File, path: Path, host: Host): boolean {
    const values = templateValues(this.draft, host);
    const found = this.findings.length;
    this.#filling(path, host, () => {
      if (source !== undefined) this.#loadSource(fillText(source, values), [...path, 'source']);
      if (secret !== undefined) this.#loadSecret(secret, [...path, 'secret'], values);
    });
    return this.findings.length === found;
  }

  #filling(path: Path, { name }: Host, fill: () => void): void {
    try {
      fill();
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      this.findings.push({
        path,
        found: `${error.message}${name === undefined ? '' : ` on ${name}`}`,
        expected: 'a template whose values are all there',
      });
    }
  }

  #loadSource(source: string, path: Path): void {
    if (this.texts.has(source)) return;
    const text = this.#read(source, resolvePath(source, this.from));
    if (text instanceof Secret) this.texts.set(source, text);
    else this.findings.push({ path, found: text, expected: 'a file with text' });
  }

  #loadSecret(secret: NonNullable<File['secret']>, path: Path, values: TemplateValues): void {
    const origin = secretOrigin(secret as Parameters<typeof secretOrigin>[0], values);
    if (origin === undefined || origin.from === 'command') return;
    const key = secretKey(origin);
    if (this.secrets.has(key)) return;
    if (origin.from === 'file') {
      const text = this.#read(origin.file, resolvePath(origin.file, this.from));
      if (text instanceof Secret) this.secrets.set(key, text);
      else this.findings.push({ path: [...path, 'file'], found: text, expected: 'a file with text' });
      return;
    }
    const at = [...path, 'environment'];
    const text = this.from.environment[origin.name];
    if (!(this.draft.environment ?? []).includes(origin.name))
      this.findings.push({
        path: at,
        found: `${origin.name}, which \`environment\` does not list`,
        expected: 'a listed variable',
        hint: `add ${origin.name} to \`environment\``,
      });
    else if (text === undefined || text === '')
      this.findings.push({
        path: at,
        found: `the environment variable ${origin.name} is ${text === '' ? 'empty' : 'not set'}`,
        expected: 'it to hold the secret',
      });
    else this.secrets.set(key, new Secret(text));
  }

  /** The text of a file, or what is wrong with it. */
  #read(named: string, absolute: string): Secret | string {
    const kind = this.files.kind(absolute);
    if (kind === undefined) return `no such file: ${named} (${absolute})`;
    if (kind === 'directory') return `${named} is a directory (${absolute})`;
    try {
      const text = this.files.read(absolute);
      // What is not UTF-8 would arrive as something else.
      return text.includes('\uFFFD') ? `${named} holds bytes that are not text` : new Secret(text);
    } catch (error) {
      return `${named} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
    }
  }
}
