import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import type { Artifact } from '../../desired/artifact.js';
import { parseJson } from '../manifest.js';
import { identityOf } from './contents.js';
import type { Written } from './write-bundle.js';

/** Who made a bundle, when, and from what. None of it is in the bundle, so that the bundle can be made again. */
export interface Origin {
  /** user@machine */
  readonly operator: string;
  readonly podstrap: string;
  readonly startedOn: Date;
  readonly finishedOn: Date;
  readonly inventory: { readonly name: string; readonly file: string; readonly sha256: string };
  readonly architectures: readonly string[];
  readonly kubernetesVersions: readonly string[];
  /** Digest of the bundle that a delta stands on. */
  readonly base?: string | undefined;
}

const digest = z.object({ sha256: z.string() });

/** An in-toto statement with SLSA's provenance (https://slsa.dev/spec/v1.0/provenance). */
const provenanceSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.object({ name: z.string(), digest })),
  predicateType: z.literal('https://slsa.dev/provenance/v1'),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: z.string(),
      externalParameters: z.object({
        cluster: z.string(),
        architectures: z.array(z.string()),
        kubernetesVersions: z.array(z.string()),
        base: z.string().optional(),
      }),
      internalParameters: z.object({ operator: z.string() }),
      resolvedDependencies: z.array(z.object({ name: z.string(), digest })),
    }),
    runDetails: z.object({
      builder: z.object({ id: z.string(), version: z.object({ podstrap: z.string() }) }),
      metadata: z.object({ startedOn: z.string(), finishedOn: z.string() }),
    }),
  }),
});

export type Provenance = z.output<typeof provenanceSchema>;

export const provenanceFileOf = (file: string): string => `${file}.provenance.json`;

/** Pure. @param artifacts everything in the bundle */
export const provenanceOf = (
  out: string,
  { digest: index, sha256 }: Written,
  artifacts: readonly Artifact[],
  origin: Origin,
): Provenance => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [
    { name: basename(out), digest: { sha256 } },
    { name: 'index.json', digest: { sha256: index.slice('sha256:'.length) } },
  ],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://podstrap.io/bundle/v1',
      externalParameters: {
        cluster: origin.inventory.name,
        architectures: [...origin.architectures],
        kubernetesVersions: [...origin.kubernetesVersions],
        ...(origin.base === undefined ? {} : { base: origin.base }),
      },
      internalParameters: { operator: origin.operator },
      resolvedDependencies: [
        { name: origin.inventory.file, digest: { sha256: origin.inventory.sha256 } },
        ...artifacts.map((artifact) => ({
          name: identityOf(artifact),
          digest: { sha256: sha256Of(artifact) },
        })),
      ],
    },
    runDetails: {
      builder: { id: 'https://podstrap.io/bundle-create', version: { podstrap: origin.podstrap } },
      metadata: {
        startedOn: origin.startedOn.toISOString(),
        finishedOn: origin.finishedOn.toISOString(),
      },
    },
  },
});

const sha256Of = (artifact: Artifact): string =>
  artifact.kind === 'binary' ? artifact.sha256 : artifact.digest.slice('sha256:'.length);

/**
 * The provenance that lies beside a bundle; undefined where there is none, or where it is about another bundle.
 * @param index `sha256:…` of the bundle's index.json
 */
export async function readProvenance(file: string, index: string): Promise<Provenance | undefined> {
  const bytes = await readFile(provenanceFileOf(file)).catch(() => undefined);
  const found = bytes && provenanceSchema.safeParse(parseJson(bytes)).data;
  const isAbout = found?.subject.some((subject) => `sha256:${subject.digest.sha256}` === index);
  return isAbout ? found : undefined;
}
