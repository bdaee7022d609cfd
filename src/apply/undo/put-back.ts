import { Failure } from '../../failure.js';
import type { Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import type { Lock } from '../lock/lock.js';
import { type Errand, judgeFenced } from '../lock/run-fenced.js';
import { reported } from '../reports.js';
import { type ResetPlan, resetScript } from '../scripts/reset-script.js';

/** Milliseconds for a host to be put back: its pods have half a minute to end, and there may be gigabytes to delete. */
const limitMs = 420_000;

const errand: Errand = {
  doing: 'Putting the host back',
  next: 'Run the same command again: what is gone already is passed over.',
};

/**
 * Puts a host back to what it was before podstrap came, and tells what stays there on purpose.
 * @throws Failure `apply` that names what should be gone and is not, `locked` (also the reason of `abort`), `connection-lost`
 */
export async function putBack(
  { emit, abort }: Pick<Session, 'emit' | 'abort'>,
  transport: Transport,
  plan: ResetPlan,
  lock: Pick<Lock, 'id' | 'letGo'>,
): Promise<void> {
  const { host } = transport;
  lock.letGo(host);
  const ended = await transport.exec({
    script: resetScript(plan, lock.id),
    timeoutMs: limitMs,
    signal: abort,
  });
  const left = reported(ended.stdout, 'left');
  if (ended.code !== 0 && left.length > 0)
    throw new Failure({
      kind: 'apply',
      doing: errand.doing,
      where: { host },
      said: `what should be gone is still there:\n${left.join('\n')}`,
      next: 'Stop what holds it, or delete it yourself, then run the same command again: what is gone already is passed over.',
    });
  judgeFenced(host, ended, errand);
  for (const what of reported(ended.stdout, 'stays'))
    emit({ event: 'warning', host, message: `stays: ${what}` });
}
