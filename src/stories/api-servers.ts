import type { Duplex } from 'node:stream';
import { Failure, Failures } from '../failure.js';
import { controlPlanes, type Host } from '../inventory/inventory.js';
import { lookAtApiPort } from '../survey/look-at-api-port.js';
import { apiPortOn, kubeOn, type Session } from '../survey/session.js';
import type { Transport } from '../transport/transport.js';

/** Ways to the API servers of a cluster through SSH. */
export interface ApiServers {
  /** A byte stream to one that can be reached: the one that was ready first, or the next. @throws what the last one said */
  open(): Promise<Duplex>;
  close(): Promise<void>;
}

interface Reached {
  readonly host: Host;
  readonly transport: Transport;
}

/**
 * Connects to all control planes at once and is there as soon as one has an API server that is ready; the others join
 * as they answer. Where none is ready, one that answers at all will do: it may be asked what is wrong.
 * @throws Failure, Failures when no API server answers
 */
export async function reachApiServers(session: Session): Promise<ApiServers> {
  const ready: Reached[] = [];
  const answering: Reached[] = [];
  const transports: Transport[] = [];
  let closed = false;
  const ways = controlPlanes(session.inventory).map(async (host): Promise<void> => {
    const transport = await reach(session, host);
    transports.push(transport);
    if (closed) await transport.close();
    const isReady = await askReady(session, transport, host).catch(async (error: unknown) => {
      // The inventory may say another port already.
      if (!(await lookAtApiPort(session, transport))) throw error;
      return askReady(session, transport, host);
    });
    (isReady ? ready : answering).push({ host, transport });
    if (!isReady) throw notReady(host);
  });
  const close = async () => {
    closed = true;
    await Promise.all(transports.map((transport) => transport.close()));
  };
  try {
    await Promise.any(ways);
  } catch (error) {
    if (answering.length === 0) {
      await close();
      throw together((error as AggregateError).errors);
    }
  }
  return {
    open: async () => {
      let last: unknown;
      for (const { host, transport } of [...ready, ...answering])
        try {
          return await transport.open(host.advertiseAddress, apiPortOn(session, host.name));
        } catch (error) {
          last = error;
        }
      throw last;
    },
    close,
  };
}

async function reach(session: Session, host: Host): Promise<Transport> {
  const result = (await session.connect([host])).get(host.name);
  if (result === undefined || result instanceof Failure)
    throw result ?? new Error(`no answer about ${host.name}`);
  return result;
}

/** Whether the API server says that it is ready. @throws Failure `unreachable` when it does not answer at all */
async function askReady(session: Session, transport: Transport, host: Host): Promise<boolean> {
  const kube = kubeOn(session, transport, host);
  try {
    return (await kube.read('/readyz')).status === 200;
  } catch (cause) {
    throw new Failure({
      kind: 'unreachable',
      doing: 'Asking its API server',
      where: { host: host.name },
      said: (cause as Error).message,
      next: 'See what `podstrap status` says of it.',
      cause,
    });
  } finally {
    kube.close();
  }
}

const notReady = ({ name }: Host): Failure =>
  new Failure({
    kind: 'gate',
    doing: 'Asking its API server',
    where: { host: name },
    said: 'it is not ready',
  });

/** Foreseen failures together; a defect as it is. */
function together(errors: readonly unknown[]): unknown {
  const failures = errors.filter((error) => error instanceof Failure);
  if (failures.length < errors.length) return errors.find((error) => !(error instanceof Failure));
  return failures.length === 1 ? failures[0] : new Failures(failures);
}
