import { parseDuration } from '../duration.js';
import { defaultValidity } from '../schema.js';
import type { Rule } from './rule.js';

/** A certificate that outlives its authority stops working with it; one that is always due is renewed by every run. */
export const lifetimesRule: Rule = (draft) => [...checkWindow(draft), ...checkLives(draft)];

const checkWindow: Rule = ({ spec }) => {
  const life = spec?.certificateValidityPeriod ?? defaultValidity.leaf;
  const window = spec?.certificateRenewBefore;
  if (window === undefined || parseDuration(window) < parseDuration(life)) return [];
  return [
    {
      path: ['spec', 'certificateRenewBefore'],
      found: `certificates live ${life}, and would be due for renewal from their first moment`,
      expected: 'a duration shorter than spec.certificateValidityPeriod',
    },
  ];
};

const checkLives: Rule = ({ spec }) => {
  const leaf = spec?.certificateValidityPeriod ?? defaultValidity.leaf;
  const authority = spec?.caCertificateValidityPeriod ?? defaultValidity.authority;
  const zero = (['certificateValidityPeriod', 'caCertificateValidityPeriod'] as const)
    .filter((field) => parseDuration(spec?.[field] ?? '1h') === 0)
    .map((field) => ({ path: ['spec', field], expected: 'a duration above zero' }));
  if (zero.length > 0 || parseDuration(leaf) <= parseDuration(authority)) return zero;
  const field =
    spec?.certificateValidityPeriod === undefined
      ? 'caCertificateValidityPeriod'
      : 'certificateValidityPeriod';
  return [
    {
      path: ['spec', field],
      found: `certificates live ${leaf}, longer than the ${authority} of their authorities`,
      expected: 'authorities that live at least as long',
      severity: 'warning',
    },
  ];
};
