import { setTimeout as delay } from 'node:timers/promises';
import { wantedOn } from '../../desired/resource.js';
import { Failure, failureOf } from '../../failure.js';
import type { Survey } from '../../survey/survey.js';
import { gateFailure, staticPods } from '../../verify/await-host.js';
import { restartsFromNow } from '../../verify/restarts.js';
import type { Crew } from '../crew.js';
import { openGates } from '../vigil.js';

/** Milliseconds between two looks. */
const between = 1_000;

/**
 * Waits until a host that has come up has stayed healthy for a while: every gate open all the time, and no container ended since.
 * @param whileMs how long it has to be healthy without a break
 * @param deadlineMs how long it may take until it was
 * @throws Failure `gate`, `connection-lost`, `interrupted`
 */
export async function staysHealthy(
  crew: Crew,
  seen: Survey,
  host: string,
  whileMs: number,
  deadlineMs: number,
): Promise<void> {
  if (whileMs === 0) return;
  const { session, transports } = crew;
  const transport = transports.get(host)!;
  const pods = staticPods(wantedOn(seen.desired, host));
  const restarts = await restartsFromNow(transport, pods);
  const gates = openGates(crew, seen, host);
  const end = performance.now() + deadlineMs;
  let since = performance.now();
  const doing = `Waiting until its pods have been healthy for ${whileMs / 1000} s`;
  session.emit({ event: 'waiting', host, stage: 'roll out', for: `${whileMs / 1000} s of health` });
  try {
    for (;;) {
      const look = await gates.look();
      const ended = [...(await restarts())].filter(([, count]) => count > 0).map(([pod]) => pod);
      if (ended.length > 0)
        throw await gateFailure(
          transport,
          pods,
          ended.map((pod) => `${pod}: its container has ended and was started again`),
          'roll out',
          doing,
        );
      if (!look.ok) since = performance.now();
      const now = performance.now();
      if (look.ok && now - since >= whileMs) return;
      if (!look.ok && now > end) throw await gateFailure(transport, pods, [look.missing], 'roll out', doing);
      const left = Math.max(0, whileMs - (now - since));
      await pause(session.abort, Math.min(between, look.ok ? left : between));
    }
  } finally {
    gates.close();
  }
}

/** @throws what the signal was aborted for, else Failure `interrupted` */
export async function pause(signal: AbortSignal, ms: number): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw (
      failureOf(signal) ?? new Failure({ kind: 'interrupted', doing: 'Waiting', said: 'stopped as asked' })
    );
  });
}
