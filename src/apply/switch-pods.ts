import { pack } from 'tar-stream';
import { takesPart } from '../inventory/host-kinds.js';
import type { Step } from '../plan/step.js';
import { reveal } from '../secret.js';
import { kubeOn } from '../survey/session.js';
import { type Crew, scriptContext } from './crew.js';
import { runFenced } from './lock/run-fenced.js';
import { type SwitchPod, switchScript } from './scripts/switch-script.js';

/**
 * Switches the static pods of these steps on a live host.
 * @param restart restart the kubelet with it
 */
export const switchPods = (
  crew: Crew,
  host: string,
  steps: readonly Step[],
  restart = false,
): Promise<void> =>
  runSwitch(
    crew,
    host,
    steps.flatMap(({ action }) =>
      action.do === 'switch-manifest'
        ? [{ ...action, from: crew.contents.has(action.sha256) ? ('sent' as const) : ('stored' as const) }]
        : [],
    ),
    restart,
  );

/** Runs a switch as a unit of the host and waits for its end. @throws Failure `apply`, `locked`, `connection-lost` */
export async function runSwitch(
  crew: Crew,
  host: string,
  pods: readonly SwitchPod[],
  restart = false,
): Promise<void> {
  if (pods.length === 0) return;
  const warm = !restart && (!asksApi(crew, host) || (await apiAnswers(crew, host)));
  const { session, transports, contents } = crew;
  const context = scriptContext(crew, host);
  const { script, contents: digests } = switchScript(pods, warm, context);
  session.emit({
    event: 'host',
    host,
    stage: 'roll out',
    doing: `switching ${pods.map(({ pod }) => pod).join(', ')}`,
  });
  const tar = pack();
  for (const digest of digests) tar.entry({ name: digest, mode: 0o600 }, reveal(contents.get(digest)!));
  tar.finalize();
  await runFenced(
    transports.get(host)!,
    { script, stdin: tar as AsyncIterable<Uint8Array>, signal: session.abort },
    {
      doing: `Switching ${pods.map(({ pod }) => pod).join(', ')}`,
      phase: 'control-plane',
      next: 'A manifest is in place, the old one or the new one. See `podstrap plan`.',
    },
  );
}

/** False for a kubelet that knows no API: it lets pods go without hearing from one. */
const asksApi = ({ session }: Crew, host: string): boolean =>
  session.inventory.spec.hosts.some((one) => one.name === host && takesPart(one, 'node'));

/** True when the host's own API server is ready: then its kubelet sees it, and lets pods go. */
async function apiAnswers({ session, transports }: Crew, name: string): Promise<boolean> {
  const host = session.inventory.spec.hosts.find((one) => one.name === name);
  if (host === undefined) return false;
  const kube = kubeOn(session, transports.get(name)!, host);
  try {
    return (await kube.read('/readyz')).status === 200;
  } catch {
    return false;
  } finally {
    kube.close();
  }
}
