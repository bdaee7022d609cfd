import type { PortFact } from '../facts.js';
import { shownText } from '../told.js';

/** Of `ss -Hltnp`, or in hex. Its last column has names that processes chose: what is left of a line is no socket. */
export function parsePorts(lines: readonly string[]): PortFact[] {
  return lines.flatMap((line) => {
    if (line.startsWith('hex ')) return portFact(Number.parseInt(line.slice(4, 12), 16), undefined);
    const [state, , , local = ''] = line.split(/\s+/, 4);
    if (state !== 'LISTEN') return [];
    return portFact(Number(local.slice(local.lastIndexOf(':') + 1) || Number.NaN), programIn(line));
  });
}

const portFact = (port: number, by: string | undefined): PortFact[] =>
  Number.isInteger(port) && port > 0 && port < 65536 ? [{ port, by }] : [];

/** `users:(("kubelet",pid=…` */
function programIn(line: string): string | undefined {
  const before = 'users:(("';
  const start = line.indexOf(before);
  const end = line.indexOf('"', start + before.length);
  return start < 0 || end < 0 ? undefined : shownText(line.slice(start + before.length, end));
}
