import type { StaticPodEntry } from './static-pod.js';
import type { TemplateHost } from './template-values.js';

type Loose<T> = T extends readonly (infer Item)[]
  ? readonly (Loose<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Loose<T[Key]> | undefined }
    : T;

/** A host of such a document. */
export type DraftedHost = TemplateHost & { readonly roles?: readonly (string | undefined)[] | undefined };

/** As much of a document, of which only sound fields are left, as static pods are made from. */
export interface WithStaticPods {
  readonly metadata?: { readonly name?: string | undefined } | undefined;
  readonly environment?: readonly (string | undefined)[] | undefined;
  readonly spec?:
    | {
        readonly kubernetesVersion?: string | undefined;
        readonly values?: Readonly<Record<string, unknown>> | undefined;
        readonly hosts?: readonly (DraftedHost | undefined)[] | undefined;
        readonly staticPods?: readonly (DraftedPod | undefined)[] | undefined;
      }
    | undefined;
}

/** An entry of which only sound fields are left. */
export type DraftedPod = Loose<StaticPodEntry>;
