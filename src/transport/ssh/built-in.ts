import type { Duplex } from 'node:stream';
import { Failure } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { patience } from '../patience.js';
import { ChannelRefused } from './channels.js';
import { dial } from './dial.js';
import type { Hop } from './hop.js';
import { type Access, login } from './login.js';
import type { LogIn, Via } from './ways.js';

/** Logs in with podstrap's own client, which is ssh2. */
export const builtIn =
  (access: Access, signal: AbortSignal): LogIn =>
  async (hop, shown, via) =>
    login(hop, via ? await forwarded(via, hop, signal) : await dial(hop, signal), access, signal, shown);

async function forwarded(via: Via, hop: Hop, signal: AbortSignal): Promise<Duplex> {
  const wait = patience(hop.label, doing(via, hop), { timeoutMs: hop.connectTimeoutMs, signal });
  try {
    return await wait.during(via.login.forward(hop.address, hop.port), (late) => late.close());
  } catch (error) {
    if (error instanceof Failure && error.kind === 'interrupted') throw error;
    throw notThrough(via, hop, error);
  } finally {
    wait.end();
  }
}

const doing = (via: Via, hop: Hop): string =>
  `connecting to ${bracket(hop.address)}:${hop.port} through ${via.hop.label}`;

/** The failure for a jump host that does not let us through. */
export const notThrough = (via: Via, hop: Hop, error: unknown): Failure =>
  new Failure({
    kind: 'unreachable',
    doing: doing(via, hop),
    where: { host: hop.label },
    said: error instanceof Error ? error.message : String(error),
    next:
      error instanceof ChannelRefused && error.forbidden
        ? `let sshd on ${via.hop.label} forward connections (AllowTcpForwarding, PermitOpen)`
        : `see that ${via.hop.label} can reach ${bracket(hop.address)}:${hop.port}`,
    cause: error,
  });
