import type { Transport } from '../transport/transport.js';
import { detailScript } from './probe/probe.js';
import { isDetailTitle } from './probe/probe-titles.js';
import { askSections } from './sections.js';

/** The text of one file on a host, which may hold keys: for judging, never for showing. Undefined when there is none. */
export async function readText(transport: Transport, path: string): Promise<string | undefined> {
  const script = detailScript([path], [], []);
  const { all } = await askSections(transport, { script, timeoutMs: 60_000 }, isDetailTitle([path]));
  const lines = all.get(`content ${path}`) ?? [];
  return lines.length === 0 ? undefined : Buffer.from(lines.join(''), 'base64').toString('utf8');
}
