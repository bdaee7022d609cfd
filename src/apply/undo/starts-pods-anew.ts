import type { DesiredHost } from '../../desired/resource.js';
import { paths } from '../../host/paths.js';
import { minorsAhead, parseVersion } from '../../kubernetes/version.js';
import { kubeletsIn } from '../../observed/observe.js';
import { kubeletScript } from '../../observed/probe/probe.js';
import { wantedVersions } from '../../observed/running.js';
import { askSections } from '../../observed/sections.js';
import type { Transport } from '../../transport/transport.js';
import type { Replaced } from './replaced.js';

/**
 * Whether the kubelet that was put back on the disk will start every static pod anew, being of another minor than the one
 * that runs, or ran last: then none of its pods may be there when it starts. Where nobody can tell, it does.
 */
export async function startsPodsAnew(
  transport: Transport,
  wanted: DesiredHost,
  was: readonly Replaced[],
): Promise<boolean> {
  if (!was.some((one) => one.was === 'file' && one.path === paths.kubelet)) return false;
  const script = `exec 2>/dev/null\n${kubeletScript({ disk: true, running: true })}\nexit 0\n`;
  const { all } = await askSections(
    transport,
    { script, timeoutMs: 30_000 },
    (title) => title === 'kubelet' || title === 'running-kubelet',
  );
  const { kubeletVersion = '', runningKubelet = '' } = kubeletsIn(all);
  const then = parseVersion(kubeletVersion);
  // One that does not come up was the wanted one.
  const now = parseVersion(runningKubelet) ?? wantedVersions(wanted).kubelet;
  return then === undefined || now === undefined || minorsAhead(now, then) !== 0;
}
