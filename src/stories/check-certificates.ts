import { unreached } from '../check/check-hosts.js';
import type { CheckResult } from '../check/check-report.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import { type ListedCertificate, listCertificatesOf } from './list-certificates.js';

/** What `podstrap certs` says, as a check of each host and one of the keystore. */
export async function checkCertificates(session: Session, site: Site): Promise<readonly CheckResult[]> {
  const began = performance.now();
  const { items, unreachable } = await listCertificatesOf(session, site);
  const seconds = Math.round(performance.now() - began) / 1000;
  const places = [...session.inventory.spec.hosts.map(({ name }) => name), undefined];
  return places.map((node): CheckResult => {
    const place = { check: 'certificates', ...(node === undefined ? {} : { node }), seconds } as const;
    if (node !== undefined && unreachable.some(({ host }) => host === node))
      return unreached('certificates', node);
    const wrong = items.filter(({ host, problems }) => host === node && problems.length > 0);
    if (wrong.length === 0) return { ...place, result: 'ok' };
    const next = 'See `podstrap certs`; `podstrap up` brings new ones.';
    return { ...place, result: 'failed', said: wrong.map(problemOf).join('; '), next };
  });
}

const problemOf = ({ path, problems }: ListedCertificate): string => `${path}: ${problems.join(', ')}`;
