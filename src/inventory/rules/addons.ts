import type { Finding } from '../reading/finding.js';
import type { Rule } from './rule.js';

/** Names are there once, and the network comes from manifests exactly when an addon brings it. */
export const addonsRule: Rule = ({ spec }) => {
  const addons = (spec?.addons ?? []).flatMap((addon, index) =>
    addon === undefined ? [] : [{ addon, index }],
  );
  const first = new Map<string, number>();
  const twice = addons.flatMap(({ addon: { name }, index }): Finding[] => {
    if (name === undefined) return [];
    const other = first.get(name);
    first.set(name, other ?? index);
    return other === undefined
      ? []
      : [
          {
            path: ['spec', 'addons', index, 'name'],
            found: `${JSON.stringify(name)} is the name of spec.addons[${other}] as well`,
            expected: 'a name of its own',
          },
        ];
  });
  const byManifests = spec?.networking?.plugin === 'manifests';
  const networks = addons.filter(({ addon }) => addon.network === true);
  if (byManifests && networks.length === 0)
    return [
      ...twice,
      {
        path: ['spec', 'networking', 'plugin'],
        found: '"manifests", and no addon says network: true',
        expected: 'an entry of spec.addons with network: true and the manifests of a network plugin',
      },
    ];
  const idle = byManifests ? [] : networks;
  return [
    ...twice,
    ...idle.map(({ index }) => ({
      path: ['spec', 'addons', index, 'network'],
      found: `true, and spec.networking.plugin is ${JSON.stringify(spec?.networking?.plugin ?? 'routes')}`,
      expected: 'spec.networking.plugin: manifests, or no network here',
    })),
  ];
};
