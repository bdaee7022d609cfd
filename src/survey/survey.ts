import type { Artifacts } from '../desired/artifact.js';
import type { Desired, DesiredHost } from '../desired/resource.js';
import type { Settled } from '../desired/settled.js';
import { type Failure, Failures } from '../failure.js';
import type { HostFacts } from '../observed/facts.js';
import type { Ring } from '../pki/encryption/ring.js';
import type { EtcdArrival, Situation } from '../plan/situation.js';
import type { Plan } from '../plan/step.js';
import type { Transport } from '../transport/transport.js';
import { compare } from './compare.js';
import { wantedOfLeaving } from './leaving.js';
import { lookAtAll } from './look-at-all.js';
import type { Site } from './open-site.js';
import type { Session } from './session.js';
import { settleFacts } from './settle-facts.js';
import { want } from './want.js';

/** Everything that is known before anything is changed, and the plan that follows from it. */
export interface Survey {
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly situation: Situation;
  /** What the inventory asks for and a cluster that exists cannot take; nothing may be applied with any. */
  readonly refusals: readonly Failure[];
  readonly arrivals: ReadonlyMap<string, EtcdArrival>;
  readonly settled: Settled;
  /** How API servers are to encrypt; undefined where podstrap has no part in it. */
  readonly encryption: Ring | undefined;
  /** True when the operator and every host know that the cluster exists. */
  readonly bootstrapped: boolean;
  readonly artifacts: Artifacts;
  /** What is brought about; hosts that leave may still be part of it. */
  readonly desired: Desired;
  /** What there is once they have left. */
  readonly settledDesired: Desired;
  /** What is brought about in between, by digest; see bridge-ports.ts. */
  readonly bridged: ReadonlyMap<string, string>;
  /** Hosts that have left the inventory and are this cluster's, with the ways to them. */
  readonly leaving: ReadonlyMap<string, Transport>;
  readonly factsOfLeaving: ReadonlyMap<string, HostFacts>;
  /** What a reset takes from them. */
  readonly wantedOfLeaving: ReadonlyMap<string, DesiredHost>;
  readonly plan: Plan;
}

export interface SurveyScope {
  /** Plan the removal of what is not podstrap's. */
  readonly prune?: boolean | undefined;
  /** Only some hosts are to be changed. */
  readonly partly?: boolean;
  /** Give kubelets that have only just started the time to bring up their pods: what they do by themselves needs no step. */
  readonly waits?: boolean;
  /** Throw what is refused, or is lost, instead of telling it: before artifacts are fetched for it, where they play no part in that. */
  readonly refuses?: boolean;
}

/**
 * Looks at the hosts and makes the plan: probe, situation, desired state, difference. Reads only.
 * @param site open connections to the hosts to look at
 * @throws Failure, Failures when a host cannot be looked at, or when a host belongs to another cluster
 */
export async function survey(session: Session, site: Site, scope: SurveyScope = {}): Promise<Survey> {
  for (;;)
    try {
      return await surveySound(session, site, scope);
    } catch (error) {
      // A host that turns out to be unsound is out, and the rest is looked at as if it could not be reached.
      site.setAside(error);
    }
}

/** Looks, judges and settles, wants, compares. @throws Failure, Failures `unsound` of hosts besides */
async function surveySound(
  session: Session,
  site: Site,
  { prune = false, partly = false, refuses = false, waits = false }: SurveyScope,
): Promise<Survey> {
  const looked = await lookAtAll(session, site, waits);
  const stands = await settleFacts(session, site, looked, refuses);
  if (refuses) refuse(stands.refused, stands.situation);
  const wanted = await want(session, site, looked, stands, partly);
  const compared = await compare(session, site, looked, stands, wanted, prune);
  if (refuses) refuse(compared.refused, stands.situation);
  const { factsOfLeaving, ways } = looked;
  return {
    ...stands,
    ...wanted,
    ...compared,
    refusals: [...stands.refused, ...compared.refused],
    leaving: ways,
    factsOfLeaving,
    wantedOfLeaving: wantedOfLeaving(session, site.leaving, factsOfLeaving, wanted.artifacts, stands.settled),
  };
}

function refuse(refused: readonly Failure[], situation: Situation): void {
  if (refused.length > 0) throw new Failures(refused);
  if (situation.kind === 'lost') throw situation.refusal;
}
