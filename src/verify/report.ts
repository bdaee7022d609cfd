import type { StaticPodResource } from '../desired/resource.js';
import { word } from '../host/shell.js';
import type { Transport } from '../transport/transport.js';
import { logsOf } from './logs-of.js';

/** Characters of a line to show: the components write some of thousands. */
const widest = 300;

/** What the machine says about pods that do not become healthy: kubelet, runtime, and each container's last lines. */
export async function gateReport(transport: Transport, pods: readonly StaticPodResource[]): Promise<string> {
  const logs = pods.map(
    ({ name }) => `
f=; for g in ${logsOf(name, transport.host)}/*/*.log; do [ -e "$g" ] && { [ -z "$f" ] || [ "$g" -nt "$f" ]; } && f=$g; done
[ -n "$f" ] && { echo ${word(`-- ${name}: last lines of its container`)}; tail -n 5 "$f" | cut -c1-${widest}; }`,
  );
  const { stdout } = await transport.exec({
    script: `
echo '-- kubelet: last lines of its journal'; journalctl -u kubelet.service -n 8 --no-pager -o cat 2>&1 | cut -c1-${widest}
echo '-- containerd: its containers that run'; ctr -n k8s.io tasks ls 2>/dev/null | head -n 20
${logs.join('\n')}
exit 0
`,
    timeoutMs: 20_000,
  });
  return stdout.trimEnd();
}
