import type { Usage } from '../../stories/pods/top.js';
import { type Dress, dressed } from '../terminal.js';
import { inLine, shownIn } from './foreign.js';
import { type TableRow, tableLines } from './table.js';
import { bytes } from './texts.js';

const titles = ['HOST', 'POD', 'CPU', 'MEMORY', 'OF'];

/** What hosts and their pods use: a row for each host, and below it its pods, those first that use the most memory. */
export function usageText(usage: Usage, dress: Dress, width?: number): string {
  const { hosts, unreachable } = shownIn(usage, inLine);
  const rows = hosts.flatMap(({ host, cpus, cpu, memory, pods }): TableRow[] => [
    {
      cells: [host, '', cores(cpu), bytes(memory.used), `${cpus} CPUs, ${bytes(memory.total)}`],
      style: 'bold',
    },
    ...[...pods]
      .sort((one, other) => (other.memory ?? 0) - (one.memory ?? 0))
      .map((pod) => ({
        cells: [
          '',
          `${pod.namespace}/${pod.name}`,
          cores(pod.cpu),
          pod.memory === undefined ? '' : bytes(pod.memory),
          pod.limit === undefined ? '' : bytes(pod.limit),
        ],
      })),
  ]);
  return [
    ...tableLines([{ cells: titles, style: 'bold' }, ...rows], dress, width),
    ...unreachable.map((one) => `${dressed(dress, 'red', '✖')} ${one.host}: ${one.said}`),
  ].join('\n');
}

/** As Kubernetes writes amounts of processors: `250m`. */
const cores = (value: number | undefined): string =>
  value === undefined ? '' : `${Math.round(value * 1000)}m`;
