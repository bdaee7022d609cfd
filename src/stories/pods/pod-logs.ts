import type { Host } from '../../inventory/inventory.js';
import type { Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { logsOf } from '../../verify/logs-of.js';
import { requirePodName } from './require-pod-name.js';

/** A line that a container has written. */
export interface LogLine {
  readonly host: string;
  readonly container: string;
  /** When, as the container runtime noted it. */
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/**
 * Lines of the containers of a static pod, from the files that the kubelet keeps: it needs no API. Of each container the newest
 * file is read.
 * @param follow go on with what is written, until the session ends
 * @param lines how many of each container, from the end
 * @returns the hosts that have no logs of such a pod
 */
export async function podLogs(
  session: Session,
  hosts: readonly Host[],
  pod: string,
  { follow, lines }: { readonly follow: boolean; readonly lines: number },
  tell: (line: LogLine) => void,
): Promise<readonly string[]> {
  requirePodName(pod);
  const ways = await session.connect(hosts);
  const transports = [...ways.values()].filter((way): way is Transport => !(way instanceof Error));
  for (const [host, way] of ways)
    if (way instanceof Error) session.emit({ event: 'warning', host, message: `skipped: ${way.message}` });
  try {
    const codes = await Promise.all(
      transports.map(async (transport) => {
        const { host } = transport;
        const { code } = await transport.exec({
          script: logScript(pod, host, lines, follow),
          onLine: (line) => {
            const read = readLine(host, line);
            if (read !== undefined) tell(read);
          },
          ...(follow ? { stdin: untilEnd(session.stop), timeoutMs: longest } : { timeoutMs: 60_000 }),
          signal: session.abort,
        });
        return [host, code] as const;
      }),
    );
    return codes.flatMap(([host, code]) => (code === nothing ? [host] : []));
  } finally {
    await Promise.all(transports.map((transport) => transport.close()));
  }
}

/** Exit code where there is no such pod. */
const nothing = 3;
/** Milliseconds that one may follow: as long as a timer can. */
const longest = 2_147_483_647;

/** Standard input that ends when nobody wants to follow any longer: the script on the host ends with it. */
async function* untilEnd(stop: AbortSignal): AsyncIterable<Uint8Array> {
  if (stop.aborted) return;
  await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  yield new Uint8Array();
}

const logScript = (pod: string, host: string, lines: number, follow: boolean): string => `
d=; for g in ${logsOf(pod, host)}/; do [ -d "$g" ] || continue; { [ -n "$d" ] && [ ! "$g" -nt "$d" ]; } || d=$g; done
[ -n "$d" ] || exit ${nothing}
named() { while IFS= read -r l; do printf '%s %s\\n' "$1" "$l"; done; }
p=
for c in "$d"*/; do c=\${c%/}; f=; for g in "$c"/*.log; do [ -e "$g" ] || continue; { [ -n "$f" ] && [ ! "$g" -nt "$f" ]; } || f=$g; done
  [ -n "$f" ] || continue
  ${
    follow
      ? `mkfifo "\${t:=$(mktemp -d)}/\${c##*/}"; tail -n ${lines} -F "$f" >"$t/\${c##*/}" 2>/dev/null & p="$p $!"; named "\${c##*/}" <"$t/\${c##*/}" &`
      : `tail -n ${lines} "$f" | named "\${c##*/}"`
  }
done
${follow ? `cat >/dev/null; [ -z "$p" ] || kill $p 2>/dev/null; [ -z "$t" ] || rm -rf "$t"\n` : ''}exit 0
`;

/** `CONTAINER TIME STREAM F|P TEXT`: the format of the CRI, behind the name of the container. */
const line = /^([a-z0-9-]{1,63}) (\S{1,40}) (stdout|stderr) [FP](?::\S*)? ?(.*)$/s;

/** Undefined for what is no line of a log. */
export function readLine(host: string, told: string): LogLine | undefined {
  const [, container, at, stream, text] = line.exec(told) ?? [];
  return container === undefined
    ? undefined
    : { host, container, at: at!, stream: stream as LogLine['stream'], text: text! };
}
