import type { Program } from '../../kubernetes/removals.js';
import { draftedSections } from '../component-sections.js';
import { type Draft, hostsOf } from '../draft.js';
import type { Path } from '../path.js';

type Args = readonly (
  | { readonly name?: string | undefined; readonly value?: string | undefined }
  | undefined
)[];

/** Flags of one program, where they stand. */
export interface Given {
  readonly program: Program;
  readonly path: Path;
  readonly args: Args;
}

/** All flags that an inventory gives to programs. */
export function givenFlags(draft: Draft): readonly Given[] {
  const of = (program: Program, path: Path, extraArgs: Args | undefined): Given => ({
    program,
    path: [...path, 'extraArgs'],
    args: extraArgs ?? [],
  });
  return [
    ...draftedSections(draft).map(({ component, path, section }) => of(component, path, section?.extraArgs)),
    ...givenKubelets(draft).map(({ path, extraArgs }) => of('kubelet', path, extraArgs)),
  ];
}

/** What an inventory says of kubelets: of all of them, and of each host's. */
export const givenKubelets = (draft: Draft) => [
  { path: ['spec', 'kubelet'] as Path, ...draft.spec?.kubelet },
  ...hostsOf(draft).map(({ host, index }) => ({
    path: ['spec', 'hosts', index, 'kubelet'] as Path,
    ...host.kubelet,
  })),
];
