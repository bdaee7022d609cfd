import type { z } from 'zod';
import type { Path } from '../path.js';
import type { staticPodsSchema } from './static-pods-schema.js';

/** A static pod of people's own as the inventory says it, defaults filled in. */
export type StaticPodEntry = z.output<typeof staticPodsSchema>[number];
export type PodFile = StaticPodEntry['files'][number];
export type SecretSource = NonNullable<PodFile['secret']>;

/** A place in a file: counted from 1. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An entry with the manifest that it names, read, its templates not yet filled in. */
export interface StaticPodSource {
  readonly entry: StaticPodEntry;
  /** Its place among spec.staticPods. */
  readonly index: number;
  /** The Pod as it is written. */
  readonly pod: unknown;
  /** Where a field of it stands, or the nearest that is around it. */
  readonly placeOf: (path: Path) => FilePlace;
}
