import type { Transport } from '../transport/transport.js';
import { detailScript } from './probe.js';
import { sections } from './sections.js';

/** The text of one file on a host, which may hold keys: for judging, never for showing. Undefined when there is none. */
export async function readText(transport: Transport, path: string): Promise<string | undefined> {
  const { stdout } = await transport.exec({ script: detailScript([path], [], []), timeoutMs: 60_000 });
  const lines = sections(stdout).get(`content ${path}`) ?? [];
  return lines.length === 0 ? undefined : Buffer.from(lines.join(''), 'base64').toString('utf8');
}
