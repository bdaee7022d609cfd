import type { StaticPodResource } from '../desired/resource.js';
import { at, word } from '../host/shell.js';
import type { Transport } from '../transport/transport.js';

/** Characters of what a kubelet says to show. */
const widest = 400;

/**
 * What a kubelet says of a manifest that it could not make sense of, since it was written: its list of pods does not tell, and it ends the
 * pod that ran. Waiting is of no use then.
 * @returns a sentence without its full stop; undefined when it said nothing of the kind
 */
export async function refusedManifest(
  transport: Transport,
  { name, path }: Pick<StaticPodResource, 'name' | 'path'>,
): Promise<string | undefined> {
  const { stdout } = await transport.exec({
    script: `s=$(stat -c %Y ${at(path)} 2>/dev/null) || exit 0
journalctl -u kubelet.service --since "@$s" -n 500 --no-pager -o cat 2>/dev/null | grep -F ${word(path)} | grep -e 'process config file' -e 'Could not process manifest file' | tail -n 1 | cut -c1-2000
exit 0
`,
    timeoutMs: 20_000,
  });
  const line = stdout.trim();
  if (line === '') return undefined;
  const [, said = line] = /\berr="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  return `${name}: its kubelet cannot make a pod of the manifest: ${said.replaceAll('\\"', '"').slice(0, widest)}`;
}
