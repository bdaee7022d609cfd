import type { ContentOf } from '../documents/schemas.js';
import { type Dress, dressed } from '../terminal.js';
import { shownIn } from './foreign.js';
import { type TableRow, tableLines } from './table.js';

/** What etcd has, what control planes can read, and whether that is as it should be. */
export function encryptionText(seen: ContentOf<'EncryptionStatus'>, dress: Dress, width?: number): string {
  const status = shownIn(seen, (text) => text);
  const objects = status.objects.map(
    ({ resource, writer, count, wanted }): TableRow => ({
      cells: [resource, writer, String(count)],
      mark: dressed(dress, wanted ? 'green' : 'yellow', wanted ? '✔' : '!'),
    }),
  );
  const hosts = status.hosts.flatMap(({ host, keys, loaded, said }): TableRow[] => {
    const mark = dressed(dress, loaded ? 'green' : 'red', loaded ? '✔' : '✖');
    const state = said ?? (loaded ? 'loaded' : 'not loaded yet');
    if (keys.length === 0) return [{ cells: [host, '', 'no keys', state], mark }];
    return keys.map(({ resource, names }) => ({ cells: [host, resource, names.join(', '), state], mark }));
  });
  return [
    ...tableLines([{ cells: ['OBJECTS', 'WRITTEN WITH', 'COUNT'], style: 'bold' }, ...objects], dress, width),
    '',
    ...tableLines(
      [{ cells: ['HOST', 'OBJECTS', 'READS (THE FIRST WRITES)', 'API SERVER'], style: 'bold' }, ...hosts],
      dress,
      width,
    ),
    ...(status.retired.length === 0
      ? []
      : ['', `Kept in the keystore for old snapshots of etcd: ${status.retired.join(', ')}`]),
    '',
    summary(status, dress),
  ].join('\n');
}

function summary({ cluster, wanted, toward, ok }: ContentOf<'EncryptionStatus'>, dress: Dress): string {
  const begun = toward === undefined ? '' : `; a change toward ${toward} has begun and is not finished`;
  const state = ok
    ? dressed(dress, 'green', 'as is asked for')
    : dressed(dress, 'yellow', 'not as is asked for');
  return `${dressed(dress, 'bold', cluster)}: ${state} (${wanted})${begun}`;
}

export function changeText({ writer, resources, rewritten, changed }: ContentOf<'EncryptionChange'>): string {
  if (!changed) return 'Nothing to do: everything is written so already.\n';
  const many = rewritten === 1 ? '1 object was' : `${rewritten} objects were`;
  return writer === 'identity'
    ? `Done: ${many} rewritten, and nothing is encrypted any more.\n`
    : `Done: ${many} rewritten. ${resources.join(', ')} in etcd are written with ${writer}, and with nothing else.\n`;
}
