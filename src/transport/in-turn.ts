import type { Lanes } from '../lanes.js';
import type { Transport } from './transport.js';

/** Milliseconds: what may take no longer is a look or a note, which waits for nothing but its host. */
const brief = 120_000;

/** Brief scripts at once, on all hosts together. */
export const briefAtOnce = 64;

/**
 * The same transport, whose brief scripts wait for their turn here. The time that each may take is for its own host: a thousand at
 * once would use it up by waiting for each other, on this machine or on one that all hosts share.
 * @param lane that of all transports
 */
export const inTurn = (transport: Transport, lane: Lanes): Transport => ({
  ...transport,
  exec: (request) =>
    request.timeoutMs === undefined || request.timeoutMs > brief
      ? transport.exec(request)
      : lane(() => transport.exec(request)),
});
