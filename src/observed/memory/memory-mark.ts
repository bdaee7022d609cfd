import { paths } from '../../host/paths.js';
import { at } from '../../host/shell.js';
import type { Transport } from '../../transport/transport.js';

/**
 * A shell command that prints a digest of what podstrap remembers on a host. Whatever a run changes there it notes first,
 * so two equal marks mean that no run changed anything in between.
 */
export const memoryMarkCommand = `cat ${[
  paths.generation,
  paths.replaced,
  paths.applied,
  paths.clusterRecord,
  paths.bootstrapped,
]
  .map(at)
  .join(' ')} 2>/dev/null | sha256sum | cut -c 1-64`;

/** The mark of a host now; see HostFacts.mark. */
export async function memoryMark(transport: Transport): Promise<string> {
  const { stdout } = await transport.exec({ script: memoryMarkCommand, timeoutMs: 30_000 });
  return stdout.trim();
}
