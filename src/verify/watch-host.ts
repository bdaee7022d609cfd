import type { DesiredHost } from '../desired/resource.js';
import type { Host } from '../inventory/inventory.js';
import type { Session } from '../survey/session.js';
import type { Transport } from '../transport/transport.js';
import { gatesOf } from './await-host.js';
import { watchGate } from './health.js';
import { type Look, well } from './poll.js';

/** All gates of one host, looked at again and again over kept connections. */
export interface HostWatch {
  /** The first gate that misses something, if any. @throws Failure `connection-lost` */
  look(): Promise<Look>;
  close(): void;
}

/** Watches the kubelet of a host and every static pod that it should run. */
export function watchHost(
  { keys }: Session,
  transport: Transport,
  host: Host,
  wanted: DesiredHost,
): HostWatch {
  const gates = gatesOf(host, wanted).map((gate) => watchGate(transport, gate, keys));
  return {
    look: async () => {
      const looks = await Promise.all(gates.map((gate) => gate.look()));
      return looks.find((look) => !look.ok) ?? well;
    },
    close: () => {
      for (const gate of gates) gate.close();
    },
  };
}
