import { Failure, Failures } from '../../failure.js';
import {
  changesUse,
  type OutOfOrder,
  outOfOrder,
  type Succession,
  type SuccessionKind,
} from './succession.js';

interface Row {
  readonly doing: string;
  /** What is wrong with using it early, and with retiring it early, behind the names of the things. */
  readonly early: string;
  readonly retired: string;
  /** The two runs that get there. */
  readonly steps: string;
  /** When what was used may go. */
  readonly until: string;
}

const rewrite = 'every object was rewritten (kubectl get secrets -A -o json | kubectl replace -f -)';

/** Every kind of change that has an order of its own, in words. */
const rows: Readonly<Record<SuccessionKind, Row>> = {
  encryption: {
    doing: 'Comparing the encryption configuration with the one that the API servers have',
    early: 'would be written with while other API servers cannot read it',
    retired: 'is what data is written with now, and could no longer be read',
    steps:
      'First leave the present provider and key in front and add the new one behind it (identity in front, where nothing ' +
      'was encrypted before): podstrap up. Then move the new one to the front: podstrap up.',
    until: rewrite,
  },
  issuer: {
    doing: 'Comparing --service-account-issuer with the one that the API servers have',
    early: 'would sign tokens while other API servers do not accept it',
    retired: 'has signed the tokens that are in use, and would no longer be accepted',
    steps:
      'First give the flag twice, the present issuer before the new one: podstrap up. Then swap them: podstrap up.',
    until: 'the last token of the old issuer has expired',
  },
  'etcd-ca': {
    doing: 'Comparing the authority of etcd with the one that the hosts trust',
    early: 'would sign certificates while other members do not trust it',
    retired: 'has signed the certificates that are in use, and would no longer be trusted',
    steps:
      'First append the new certificate to the file of the present authority: podstrap up. Then put the new one in front, ' +
      'with its key: podstrap up.',
    until: '`podstrap certs` no longer shows a certificate signed by it',
  },
  'front-proxy-ca': {
    doing: 'Comparing the front proxy’s authority with the one that the hosts trust',
    early: 'would sign certificates while others do not trust it',
    retired: 'has signed the certificates that are in use, and would no longer be trusted',
    steps:
      'First append the new certificate to the file of the present authority: podstrap up. Then put the new one in front, ' +
      'with its key: podstrap up.',
    until: '`podstrap certs` no longer shows a certificate signed by it',
  },
};

/**
 * Refuses changes that would break what is in use while they roll.
 * @param unseen control planes that cannot be reached, so that nobody knows what they accept
 * @throws Failure, Failures `refused`
 */
export function refuseSkippedStep(successions: readonly Succession[], unseen: readonly string[]): void {
  const failures = successions.flatMap((succession) => [
    ...outOfOrder(succession).map(failureOf),
    ...(unseen.length > 0 && changesUse(succession) ? [unknown(succession.kind, unseen)] : []),
  ]);
  if (failures.length === 1) throw failures[0]!;
  if (failures.length > 1) throw new Failures(failures);
}

function failureOf({ kind, problem, labels, hosts }: OutOfOrder): Failure {
  const row = rows[kind];
  const next =
    problem === 'early' ? row.steps : `Keep it behind the new one until ${row.until}; then take it away.`;
  return new Failure({
    kind: 'refused',
    doing: row.doing,
    where: { host: hosts.join(', ') },
    said: `${labels.join(', ')} ${row[problem]}`,
    next: `${next} Nothing was changed.`,
  });
}

const unknown = (kind: SuccessionKind, hosts: readonly string[]): Failure =>
  new Failure({
    kind: 'refused',
    doing: rows[kind].doing,
    where: { host: hosts.join(', ') },
    said: 'it cannot be reached, so it is not known whether it already accepts the new one',
    next: 'Bring it back first, or take the change back. Nothing was changed.',
  });
