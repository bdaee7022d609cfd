import type { Desired } from '../desired/resource.js';
import type { HostFacts } from '../observed/facts.js';
import { type ApiView, nothingYet, viewApi } from '../observed/views/api-view.js';
import type { Situation } from '../plan/situation.js';
import type { Transport } from '../transport/transport.js';
import { type BegunApi, firstAnswer, type Session } from './session.js';

/** What the first API server that answers tells; undefined, with a warning, when the cluster exists and none does. */
export async function askApi(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  facts: ReadonlyMap<string, HostFacts>,
  situation: Situation,
  wanted: Desired,
  begun: BegunApi | undefined,
): Promise<ApiView | undefined> {
  // Before the first bootstrap is finished nothing is there to be compared with, and without an API never.
  if (['new', 'bootstrapping', 'standalone'].includes(situation.kind)) {
    begun?.kube.close();
    return nothingYet;
  }
  const hostnames = new Map([...facts].map(([host, { hostname }]) => [host, hostname]));
  const holds = session.inventory.spec.virtualAddress !== undefined;
  // An API server whose etcd has no quorum only hangs.
  const told =
    situation.kind === 'live'
      ? await firstAnswer(session, transports, (kube) => viewApi(kube, wanted, hostnames, holds), begun)
      : { said: 'etcd has no quorum' };
  // Where it led to another server than was asked, it is open still.
  begun?.kube.close();
  if ('answer' in told) return told.answer;
  session.emit({ event: 'warning', message: `the objects of the API could not be compared: ${told.said}` });
  return undefined;
}
