import { httpClient } from '../../cluster/http.js';
import { virtualAddressLease, virtualAddressPod } from '../../desired/pods/virtual-address.js';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import { parseNetwork } from '../../observed/probe/parse-network.js';
import { askSections } from '../../observed/sections.js';
import { addressHolders } from '../../observed/views/address-holders.js';
import type { Transport } from '../../transport/transport.js';
import { type Look, missing, poll, well } from '../../verify/poll.js';
import type { Crew } from '../crew.js';
import { stage } from '../stage.js';

type Ways = Pick<Crew, 'session' | 'transports'>;
type Address = NonNullable<Inventory['spec']['virtualAddress']>;

/**
 * Waits until one control plane has the virtual address, and every one that can be reached gets an answer of the
 * cluster's own there. The control plane needs nothing of it, so one that nobody holds is told, and nothing is undone.
 * @returns what is still missing in the end; none where there is no such address
 */
export async function awaitVirtualAddress(crew: Ways): Promise<readonly Failure[]> {
  const { session, transports } = crew;
  const own = session.inventory.spec.virtualAddress;
  const asked = controlPlanes(session.inventory).flatMap(({ name }) => transports.get(name) ?? []);
  if (own === undefined || asked.length === 0) return [];
  let lacking: string | undefined;
  await stage(session, 'virtual address', async () => {
    lacking = await poll(() => look(crew, own, asked), {
      timeoutMs: parseDuration(session.inventory.spec.timeouts.controlPlaneComponentHealthCheck),
      onWaiting: (what) =>
        session.emit({ event: 'waiting', host: asked[0]!.host, stage: 'virtual address', for: what }),
      signal: session.abort,
    });
  });
  return lacking === undefined ? [] : [unheld(own, lacking)];
}

async function look(crew: Ways, own: Address, asked: readonly Transport[]): Promise<Look> {
  const holders = await holdersAmong(asked, own.address);
  if (holders.length > 1) return missing(`both ${holders.join(' and ')} have ${own.address}`);
  if (holders.length === 0) return missing(`no control plane has ${own.address} yet`);
  const answers = await Promise.all(asked.map((transport) => answerAt(crew, transport, own)));
  return answers.find((one) => !one.ok) ?? well;
}

async function holdersAmong(asked: readonly Transport[], address: string): Promise<readonly string[]> {
  const facts = await Promise.all(
    asked.map(async (transport) => {
      const script = 't addresses; ip -o addr show 2>/dev/null; exit 0';
      const { all } = await askSections(
        transport,
        { script, timeoutMs: 30_000 },
        (title) => title === 'addresses',
      );
      return [transport.host, { network: parseNetwork(all) }] as const;
    }),
  );
  return addressHolders(new Map(facts), address);
}

/** Whether an API server of this cluster answers a host at the address: its certificate is checked against it. */
async function answerAt({ session }: Ways, transport: Transport, { address }: Address): Promise<Look> {
  const { certificate, key } = session.keys.operator['super-admin'];
  const client = httpClient({
    transport,
    address,
    port: session.inventory.spec.apiServer.bindPort,
    tls: { ca: session.keys.authorities.ca.certificate, certificate, key },
  });
  try {
    const { status } = await client.request({ method: 'GET', path: '/readyz', timeoutMs: 3_000 });
    return status === 200 ? well : missing(`${transport.host} gets HTTP ${status} at ${address}`);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'connection-lost') throw error;
    return missing(`${transport.host} gets no answer at ${address} (${(error as Error).message})`);
  } finally {
    client.close();
  }
}

const unheld = ({ address }: Address, lacking: string): Failure =>
  new Failure({
    kind: 'gate',
    doing: 'Waiting for the virtual address',
    said: `still missing: ${lacking}`,
    next: `The control plane works without it. See \`podstrap kubectl -n kube-system logs -l component=${virtualAddressPod}\` and \`podstrap kubectl -n kube-system get lease ${virtualAddressLease}\`; fix the interface or choose another address than ${address}, then run \`podstrap up\` again.`,
  });
