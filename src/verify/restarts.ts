import type { StaticPodResource } from '../desired/resource.js';
import { word } from '../host/shell.js';
import type { Transport } from '../transport/transport.js';

/** How often the container of each static pod was restarted: the kubelet numbers its logs 0.log, 1.log, … */
export async function countRestarts(
  transport: Transport,
  pods: readonly StaticPodResource[],
): Promise<ReadonlyMap<string, number>> {
  if (pods.length === 0) return new Map();
  const asks = pods.map(
    ({
      name,
    }) => `n=; for f in "$R/var/log/pods/kube-system_"${word(name)}-*/*/*.log; do [ -e "$f" ] || continue
b=\${f##*/}; b=\${b%.log}; if [ -z "$n" ] || [ "$f" -nt "$g" ]; then n=$b; g=$f; fi; done; echo ${word(name)} "\${n:-0}"`,
  );
  const { stdout } = await transport.exec({ script: `${asks.join('\n')}\nexit 0\n`, timeoutMs: 30_000 });
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', count = '0']) => [name, Number(count) || 0]),
  );
}

/** Begins to count now. @returns a function that tells how often each pod's container has ended since */
export async function restartsFromNow(
  transport: Transport,
  pods: readonly StaticPodResource[],
): Promise<() => Promise<ReadonlyMap<string, number>>> {
  const before = await countRestarts(transport, pods);
  return async () => {
    const counted = await countRestarts(transport, pods);
    // A pod of a new revision counts from zero.
    return new Map(
      [...counted].map(([name, count]) => {
        const earlier = before.get(name) ?? 0;
        return [name, count < earlier ? count : count - earlier];
      }),
    );
  };
}
