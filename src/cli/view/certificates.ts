import type { CertificateList, ListedCertificate } from '../../stories/list-certificates.js';
import { type Dress, dressed, wrapped } from '../terminal.js';
import { inLine, shownIn } from './foreign.js';
import { type TableRow, tableLines } from './table.js';

const titles = ['EXPIRES', 'LEFT', 'HOST', 'CERTIFICATE', 'ISSUER', 'SUBJECT', 'USE', 'READ BY'];

/** A list of certificates as a table, the names and the problems of each below its row. */
export function certificatesText(list: CertificateList, dress: Dress, width?: number): string {
  const { items, unreachable } = shownIn(list, inLine);
  const rows = items.map(
    (item): TableRow => ({
      cells: cellsOf(item),
      below: below(item, dress),
      ...(item.problems.length > 0 ? { style: 'red' } : {}),
    }),
  );
  return [
    ...tableLines([{ cells: titles, style: 'bold' }, ...rows], dress, width),
    ...unreachable.map(({ host, said }) => `${dressed(dress, 'red', '✖')} ${host}: ${said}`),
    '',
    ...(width === undefined ? [summary(items)] : wrapped(summary(items), width, '')),
  ].join('\n');
}

function cellsOf(item: ListedCertificate): string[] {
  const { expires, daysLeft, host, path, part, issuer, commonName, organizations, usages, readBy } = item;
  return [
    expires.slice(0, 16).replace('T', ' '),
    daysLeft < 0 ? 'expired' : `${daysLeft} d`,
    host ?? '(keystore)',
    part === undefined ? path : `${path} (${part})`,
    issuer,
    [commonName, ...organizations.map((name) => `O=${name}`)].join(', '),
    item.authority ? 'authority' : usages.map((usage) => useNames[usage] ?? usage).join(', '),
    readBy
      .map(({ component, effect }) => (effect === 'restart' ? `${component} (restart)` : component))
      .join(', '),
  ];
}

const useNames: Readonly<Record<string, string>> = { serverAuth: 'server', clientAuth: 'client' };

function below(
  { dnsNames, ipAddresses, problems, authority, elsewhere }: ListedCertificate,
  dress: Dress,
): string[] {
  const names = authority ? [] : [...dnsNames, ...ipAddresses];
  return [
    ...(names.length === 0 ? [] : [`    ${dressed(dress, 'dim', names.join(', '))}`]),
    ...(elsewhere ? ['    renewed by another operator; its key is not in this keystore'] : []),
    ...problems.map((problem) => `    ${dressed(dress, 'red', '✖')} ${problem}`),
  ];
}

function summary(items: readonly ListedCertificate[]): string {
  const wrong = items.filter(({ problems }) => problems.length > 0).length;
  const [first] = items;
  return [
    `${items.length} certificates`,
    ...(wrong > 0 ? [`${wrong} of them with a problem`] : []),
    ...(first === undefined ? [] : [endOf(first)]),
  ].join(', ');
}

const endOf = ({ daysLeft }: ListedCertificate): string =>
  daysLeft < 0 ? 'the first has expired' : `the next to expire in ${daysLeft} days`;
