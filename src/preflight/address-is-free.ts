import { virtualAddressPod } from '../desired/pods/virtual-address.js';
import { Failure } from '../failure.js';
import { word } from '../host/shell.js';
import { controlPlanes } from '../inventory/inventory.js';
import { addressHolders } from '../observed/views/address-holders.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import type { Transport } from '../transport/transport.js';
import { answers } from './between-hosts.js';

/**
 * Whether somebody who is no control plane of ours answers at the virtual address, on its wire. Asked where pods that
 * would take it come or change; none when one of ours has it already.
 */
export async function lookForStranger(
  session: Session,
  site: Site,
  seen: Survey,
): Promise<readonly Failure[]> {
  const own = session.inventory.spec.virtualAddress;
  const brings = seen.plan.steps.some(({ action }) => 'pod' in action && action.pod === virtualAddressPod);
  if (own === undefined || !brings || addressHolders(seen.facts, own.address).length > 0) return [];
  const { bindPort } = session.inventory.spec.apiServer;
  const looks = await Promise.all(
    controlPlanes(session.inventory).flatMap(({ name }) => {
      const transport = site.transports.get(name);
      return transport === undefined ? [] : [lookFrom(transport, own.address, bindPort)];
    }),
  );
  const ours = new Set(looks.flatMap(({ own: addresses }) => addresses));
  return looks.flatMap(({ host, neighbour }) =>
    neighbour === undefined || ours.has(neighbour) ? [] : [taken(host, own.address, neighbour)],
  );
}

interface Look {
  readonly host: string;
  /** Hardware addresses of the host's own interfaces. */
  readonly own: readonly string[];
  /** Hardware address of whoever answers for the virtual address. */
  readonly neighbour: string | undefined;
}

/** A connection makes the kernel look for the neighbour, whoever that is and whatever listens there. */
async function lookFrom(transport: Transport, address: string, port: number): Promise<Look> {
  await answers(transport, address, port);
  const script = `exec 2>/dev/null; ip -o link show; ip neigh show ${word(address)}`;
  const { stdout } = await transport.exec({ script, timeoutMs: 30_000 });
  return {
    host: transport.host,
    own: [...stdout.matchAll(/ link\/ether (\S+)/g)].map(([, hardware]) => hardware!),
    neighbour: / lladdr (\S+)/.exec(stdout)?.[1],
  };
}

const taken = (host: string, address: string, neighbour: string): Failure =>
  new Failure({
    kind: 'preflight',
    doing: 'Checking that the virtual address is free',
    where: { host },
    said: `${address} is answered by ${neighbour}, which is none of the control planes that were looked at`,
    next: 'Choose a free address for spec.virtualAddress, or turn off the machine that has this one. Nothing was changed.',
  });
