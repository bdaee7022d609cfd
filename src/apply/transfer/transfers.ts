import type { Artifact, BinaryArtifact, ImageArtifact } from '../../desired/artifact.js';
import { describeStep, isTransfer, type Step } from '../../plan/step.js';
import { type Crew, checkpoint, tellStep } from '../crew.js';
import { progressOf } from '../reports.js';
import { artifactName, type Delivery, deliver } from './deliver.js';
import { importScript } from './import-script.js';
import { installScript } from './install-script.js';
import { damaged, runTransfer } from './run-transfer.js';

/** A step that brings an artifact to a host, and that artifact. */
export interface TransferStep<Kind extends Artifact = Artifact> {
  readonly step: Step;
  readonly artifact: Kind;
}

/** Artifacts on their way to one host. */
export interface Transfers {
  /** Gives binaries their names, once all of them are there. @param among only those of these steps */
  installBinaries(among?: readonly Step[]): Promise<void>;
  /** Imports each image as soon as it is there, while the next is on its way. @param among only those of these steps */
  importImages(among?: readonly Step[]): Promise<void>;
  /** Resolves when the host has all of it. */
  arrived(): Promise<void>;
  /** Stops what is still under way. */
  end(): Promise<void>;
}

/** Begins to send the artifacts of these steps to one host, in their order. */
export function beginTransfers(crew: Crew, host: string, steps: readonly Step[]): Transfers {
  const transfers = transfersOf(crew, steps);
  const artifacts = transfers.map(({ artifact }) => artifact);
  const delivery = deliver(crew, host, artifacts);
  const images = transfers.filter((one): one is TransferStep<ImageArtifact> => one.artifact.kind === 'image');
  const left = new Set(images);
  return {
    installBinaries: (among = steps) =>
      installBinaries(
        crew,
        host,
        transfers.filter(({ step }) => among.includes(step)),
        delivery,
      ),
    importImages: async (among = steps) => {
      for (const image of [...left].filter(({ step }) => among.includes(step))) {
        await delivery.arrived(image.artifact);
        left.delete(image);
        await importImage(crew, host, image, [...left]);
      }
    },
    arrived: async () => {
      await Promise.all(artifacts.map((artifact) => delivery.arrived(artifact)));
    },
    end: () => delivery.end(),
  };
}

/** Sends the artifacts of these steps to one host and puts them to their places, binaries first. */
export async function takeTransfers(crew: Crew, host: string, steps: readonly Step[]): Promise<void> {
  if (!steps.some(isTransfer)) return;
  const transfers = beginTransfers(crew, host, steps);
  try {
    await transfers.installBinaries();
    await transfers.importImages();
  } finally {
    await transfers.end();
  }
}

/**
 * Sends the artifacts of these steps to one host ahead of the steps that take them. Binaries wait there under their
 * digests.
 * @param imports steps of images that are imported at once, which disturbs nothing
 */
export async function sendAhead(
  crew: Crew,
  host: string,
  steps: readonly Step[],
  imports: readonly Step[],
): Promise<void> {
  const transfers = beginTransfers(crew, host, steps);
  try {
    await transfers.importImages(imports);
    await transfers.arrived();
  } finally {
    await transfers.end();
  }
}

/** The artifacts that steps are about. */
export function transfersOf({ artifacts }: Crew, steps: readonly Step[]): readonly TransferStep[] {
  return steps.filter(isTransfer).map((step) => {
    const artifact = artifacts.list.find((one) => isFor(one, step));
    if (artifact === undefined) throw new Error(`no artifact for the step ${describeStep(step)}`);
    return { step, artifact };
  });
}

function isFor(artifact: Artifact, { action }: Step): boolean {
  if (action.do === 'install-binary')
    return artifact.kind === 'binary' && artifact.sha256 === action.sha256 && artifact.path === action.path;
  return (
    action.do === 'import-image' &&
    artifact.kind === 'image' &&
    artifact.ref === action.ref &&
    artifact.digest === action.digest
  );
}

async function installBinaries(
  crew: Crew,
  host: string,
  transfers: readonly TransferStep[],
  delivery: Delivery,
): Promise<void> {
  const binaries = transfers.filter(
    (one): one is TransferStep<BinaryArtifact> => one.artifact.kind === 'binary',
  );
  if (binaries.length === 0) return;
  await Promise.all(binaries.map(({ artifact }) => delivery.arrived(artifact)));
  checkpoint(crew, `installing binaries on ${host}`);
  const about = {
    what: binaries.map(({ artifact }) => artifactName(artifact)).join(', '),
    phase: 'binaries',
  } as const;
  const progress = progressOf(binaries, ({ step }) => tellStep(crew, step));
  await runTransfer(crew.transports.get(host)!, {
    ...about,
    script: installScript(
      binaries.map(({ artifact }) => artifact),
      crew.lock.id,
    ),
    onLine: progress.take,
    signal: crew.session.abort,
  });
  progress.judge(host, true);
}

/** Imports an image that has arrived. @param later images of which it must leave the blobs */
async function importImage(
  crew: Crew,
  host: string,
  { step, artifact }: TransferStep<ImageArtifact>,
  later: readonly TransferStep<ImageArtifact>[],
): Promise<void> {
  checkpoint(crew, describeStep(step));
  const keep = later.flatMap((one) => one.artifact.blobs.map(({ sha256 }) => sha256));
  const about = { what: artifact.ref, phase: 'images' } as const;
  const mismatch = await runTransfer(crew.transports.get(host)!, {
    ...about,
    script: importScript(artifact, crew.lock.id, keep),
    signal: crew.session.abort,
  });
  if (mismatch !== undefined) throw damaged(host, about, mismatch);
  tellStep(crew, step);
}
