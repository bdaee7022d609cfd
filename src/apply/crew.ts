import type { Artifacts } from '../desired/artifact.js';
import type { Desired, PhaseName } from '../desired/resource.js';
import { Failure, failureOf } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import { describeStep, type Step } from '../plan/step.js';
import { stepsOn } from '../plan/steps-on.js';
import { digestOf } from '../secrets/digest.js';
import type { Session } from '../survey/session.js';
import type { Transport } from '../transport/transport.js';
import type { Lock } from './lock/lock.js';
import type { Absent } from './pass-over.js';
import { type Contents, runSteps } from './run-steps.js';
import type { ScriptContext } from './scripts/host-script.js';
import type { Relay } from './transfer/relay.js';
import type { Uplink } from './transfer/uplink.js';

/** All that is needed to take steps on hosts during one run. */
export interface Crew {
  readonly session: Session;
  readonly transports: ReadonlyMap<string, Transport>;
  /** The ways to hosts that have left the inventory and are this cluster's. */
  readonly leaving: ReadonlyMap<string, Transport>;
  readonly contents: Contents;
  readonly artifacts: Artifacts;
  readonly uplink: Uplink;
  /** There while hosts pass blobs on to one another. */
  readonly relay?: Relay;
  /** What was seen on the hosts before the first change. */
  readonly facts: ReadonlyMap<string, HostFacts>;
  /** Host → digests of the blobs that this run has brought there ahead of the step that takes them. */
  readonly ahead?: ReadonlyMap<string, ReadonlySet<string>>;
  readonly lock: Pick<Lock, 'id' | 'letGo'>;
  /** Hosts that this run goes on without. */
  readonly absent: Absent;
  /** False when what fails is to be left as it is, for study. */
  readonly undoes: boolean;
}

/** Every content that desired states hold, by digest. */
export function contentsOf(...states: readonly Desired[]): Contents {
  const contents = new Map();
  for (const { resources } of states.flatMap(({ hosts }) => hosts))
    for (const resource of resources) {
      if (resource.kind === 'file' || resource.kind === 'static-pod')
        contents.set(digestOf(resource.content), resource.content);
      if (resource.kind === 'certificate') {
        contents.set(digestOf(resource.pem), resource.pem);
        if (resource.key) contents.set(digestOf(resource.key.pem), resource.key.pem);
      }
    }
  return contents;
}

/** Stops here when the operator asked to, saying where the run stands. */
export function checkpoint({ session }: Crew, before: string): void {
  const lost = failureOf(session.abort);
  if (lost) throw lost;
  if (!session.stop.aborted) return;
  throw new Failure({
    kind: 'interrupted',
    doing: `Stopping before: ${before}`,
    said: 'as you asked. The current step was finished, and nothing after it was started',
    next: 'Run `podstrap up` again: it continues from here.',
  });
}

/** Tells that a step was taken. */
export const tellStep = ({ session }: Crew, step: Step): void =>
  session.emit({ event: 'step', host: step.host, step: describeStep(step), reason: step.reason });

/** What scripts on a host are made with. */
export const scriptContext = (
  { session, lock }: Pick<Crew, 'session' | 'lock'>,
  host: string,
): ScriptContext => ({
  run: session.run,
  lockId: lock.id,
  clusterId: session.keys.clusterId,
  host,
  ...(controlPlanes(session.inventory).some(({ name }) => name === host)
    ? { etcdDataDir: session.inventory.spec.etcd.local.dataDir }
    : {}),
});

/** Takes the steps that one script on the host can take. */
export async function takeSteps(crew: Crew, host: string, steps: readonly Step[]): Promise<void> {
  const { session, transports, contents } = crew;
  const onDone = (step: Step) => tellStep(crew, step);
  await runSteps(transports.get(host)!, steps, contents, scriptContext(crew, host), onDone, session.abort);
}

/** A live pod is changed by a program of its own; see switch-script.ts. */
export const isSwitch = ({ action }: Step): boolean => action.do === 'switch-manifest';

/** The steps of one host in the phases named. */
export const stepsOf = (
  steps: readonly Step[],
  host: string,
  ...among: readonly PhaseName[]
): readonly Step[] => stepsOn(steps, host).filter(({ phase }) => among.includes(phase));
