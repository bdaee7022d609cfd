import { isSupported, supportedMinors } from '../../kubernetes/versions.js';
import { versionPattern } from '../formats.js';
import type { Rule } from './rule.js';

/** podstrap knows the files and flags of some minor versions only. */
export const versionRule: Rule = ({ spec }) => {
  const version = spec?.kubernetesVersion;
  if (version === undefined || !versionPattern.test(version) || isSupported(version)) return [];
  const minors = supportedMinors.map((minor) => `v1.${minor}`).join(', ');
  return [
    {
      path: ['spec', 'kubernetesVersion'],
      found: `${version} is not supported by this podstrap`,
      expected: `a release of ${minors}`,
    },
  ];
};
