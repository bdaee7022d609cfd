import { type HttpClient, httpClient, NoAnswer } from '../cluster/http.js';
import { podRow } from '../desired/pods/own-pods.js';
import { Failure } from '../failure.js';
import { lanes } from '../lanes.js';
import type { Keys } from '../pki/keys.js';
import type { Transport } from '../transport/transport.js';
import type { Gate } from './gate.js';
import { lookAtToldPod } from './look-at-told-pod.js';
import { type Look, missing, well } from './poll.js';

/** A gate that can be looked at many times over one kept connection. */
export interface GateWatch {
  readonly gate: Gate;
  look(): Promise<Look>;
  close(): void;
}

/** Looks at once, at all hosts together: of more, each would seem to have no answer while it waits for its turn here. */
const looking = lanes(64);
/**
 * Milliseconds for an answer: so many at first, and twice as many after each that did not come in time. A machine that is
 * slow, or busy with what starts, answers later; one that is given up too early begins anew and never answers.
 */
const usual = { first: 3_000, most: 24_000 };

/** Watches a gate on the transport's host. The API server is asked as podstrap's client, all others anonymously. */
export function watchGate(transport: Transport, gate: Gate, keys: Keys, patience = usual): GateWatch {
  const client = gateClient(transport, gate, keys);
  const verbose = knowsClients(gate) ? `${gate.path}?verbose` : gate.path;
  let timeoutMs = patience.first;
  const late = (error: Error): void => {
    if (error instanceof NoAnswer) timeoutMs = Math.min(patience.most, 2 * timeoutMs);
  };
  return {
    gate,
    look: async () => {
      const { status, body } = await looking(() =>
        client.request({ method: 'GET', path: verbose, timeoutMs }).catch((error: Error) => {
          late(error);
          return unanswered(error);
        }),
      );
      if (status === 200 && gate.pod !== undefined) return lookAtToldPod(gate.component, gate.pod, body);
      return status === 200 ? well : missing(`${gate.component}: ${gate.path}: ${unhealthy(status, body)}`);
    },
    close: () => client.close(),
  };
}

/**
 * No answer yet is the usual state of something that starts; status 0 stands for it. A lost connection to the host is
 * no such state: waiting longer does not bring it back.
 */
function unanswered(error: Error): { status: number; body: string } {
  if (error instanceof Failure && error.kind === 'connection-lost') throw error;
  return { status: 0, body: error.message };
}

const knowsClients = ({ component }: Gate): boolean => podRow(component)?.knowsClients === true;

function gateClient(transport: Transport, gate: Gate, keys: Keys): HttpClient {
  const { address, port } = gate;
  if (gate.scheme === 'http') return httpClient({ transport, address, port });
  const { certificate, key } = keys.operator['super-admin'];
  // Anyone on the host may listen there once its kubelet does not; all that is shown to it is the certificate.
  if (gate.pod !== undefined) return httpClient({ transport, address, port, tls: { certificate, key } });
  if (!knowsClients(gate)) return httpClient({ transport, address, port, tls: {} });
  return httpClient({
    transport,
    address,
    port,
    tls: { ca: keys.authorities.ca.certificate, certificate, key },
  });
}

/** Failed checks to name before the rest is only counted. */
const namedChecks = 3;

/** Names the checks that failed when the body lists them, as the API server does with `[-]etcd failed`. */
function unhealthy(status: number, body: string): string {
  if (status === 0) return `no answer yet (${body})`;
  const failed = [...body.matchAll(/^\[-\](\S+) /gm)].map((match) =>
    match[1]!.replace(/^poststarthook\//, ''),
  );
  if (failed.length === 0) return `HTTP ${status} ${body.trim().slice(0, 120)}`;
  const more = failed.length > namedChecks ? ` and ${failed.length - namedChecks} more` : '';
  return `${failed.slice(0, namedChecks).join(', ')}${more} failed`;
}
