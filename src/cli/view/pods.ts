import type { ListedPod, PodList } from '../../stories/pods/list-pods.js';
import { type Dress, dressed } from '../terminal.js';
import { inLine, shownIn } from './foreign.js';
import { type TableRow, tableLines } from './table.js';
import { span } from './texts.js';

const titles = ['HOST', 'POD', 'NAMESPACE', 'REVISION', 'CONTAINERS', 'RESTARTS', 'AGE', ''];

const said: Readonly<Record<ListedPod['state'], string>> = {
  runs: '',
  'other-revision': 'its manifest is of another revision',
  missing: 'does not run',
  'no-manifest': 'runs without a manifest',
  'not-podstrap': '',
};

/** The pods on hosts as a table. */
export function podsText(list: PodList, dress: Dress, width?: number): string {
  const { pods, unreachable } = shownIn(list, inLine);
  const rows = pods.map(
    (pod): TableRow => ({ cells: cellsOf(pod), ...(said[pod.state] ? { style: 'red' } : {}) }),
  );
  return [
    ...tableLines([{ cells: titles, style: 'bold' }, ...rows], dress, width),
    ...unreachable.map((one) => `${dressed(dress, 'red', '✖')} ${one.host}: ${one.said}`),
  ].join('\n');
}

const cellsOf = ({
  host,
  pod,
  namespace,
  state,
  revision,
  containers,
  restarts,
  age,
}: ListedPod): string[] => [
  host,
  pod,
  namespace ?? '',
  revision ?? '',
  String(containers.length),
  String(restarts),
  age === undefined ? '' : span(age),
  said[state],
];
