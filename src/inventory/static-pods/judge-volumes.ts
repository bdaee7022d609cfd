import { didYouMean } from '../did-you-mean.js';
import { dnsLabelPattern } from '../formats.js';
import type { Path } from '../path.js';
import { containersOf, fieldsOf, listOf, type PodComplaint, type Rule, text } from './pod-rule.js';

/** Volumes of a pod, where they are mounted, and who sees its files. */
export const volumes: Rule = (pod) => {
  const seen = new Set<string>();
  return listOf(fieldsOf(pod['spec'])['volumes']).flatMap((volume, index): readonly PodComplaint[] => {
    const at: Path = ['spec', 'volumes', index];
    const { name, projected, ...rest } = volume;
    const given = text(name) ?? '';
    const twice = seen.has(given);
    seen.add(given);
    if (given.length > 63 || !dnsLabelPattern.test(given))
      return [
        { path: [...at, 'name'], found: 'no valid name', expected: 'lower case letters, digits and dashes' },
      ];
    if (twice)
      return [{ path: [...at, 'name'], found: `${given} a second time`, expected: 'each name only once' }];
    if (given.startsWith('podstrap-files-'))
      return [{ path: [...at, 'name'], found: 'a name of podstrap’s own', expected: 'another name' }];
    if (projected !== undefined)
      return [
        {
          path: [...at, 'projected'],
          found: 'a projected volume, which a kubelet without an API never mounts',
          expected: '`downwardAPI` for what is known of the pod, `files` of spec.staticPods for all else',
        },
      ];
    const sources = Object.values(rest).filter((source) => source !== undefined && source !== null);
    return sources.length === 1
      ? []
      : [
          {
            path: at,
            found: sources.length === 0 ? 'a volume without a type' : 'a volume with several types',
            expected: 'one type, such as emptyDir or hostPath',
          },
        ];
  });
};

export const mounts: Rule = (pod, { files }) => {
  const there = new Set(listOf(fieldsOf(pod['spec'])['volumes']).map(({ name }) => name));
  return containersOf(pod).flatMap(({ container, path }) => {
    const seen = new Set(
      files
        .filter(
          (file) => file.containers === undefined || file.containers.includes(String(container['name'])),
        )
        .map((file) => file.path.slice(0, file.path.lastIndexOf('/'))),
    );
    return listOf(container['volumeMounts']).flatMap(
      ({ name, mountPath }, index): readonly PodComplaint[] => {
        const at = [...path, 'volumeMounts', index];
        if (!there.has(name))
          return [
            {
              path: [...at, 'name'],
              found: `no volume ${JSON.stringify(name ?? '')}`,
              expected: 'a volume of this pod',
              hint: didYouMean(String(name), [...there].map(String)),
            },
          ];
        if (text(mountPath) === undefined || String(mountPath).includes(':'))
          return [{ path: [...at, 'mountPath'], found: 'no path', expected: 'a path in the container' }];
        const where = String(mountPath).replace(/(.)\/$/, '$1');
        const twice = seen.has(where);
        seen.add(where);
        return twice
          ? [
              {
                path: [...at, 'mountPath'],
                found: `${where}, where something is mounted already`,
                expected: 'a place of its own',
              },
            ]
          : [];
      },
    );
  });
};

export const files: Rule = (pod, circumstances) => {
  const known = containersOf(pod).map(({ container }) => String(container['name']));
  return circumstances.files.flatMap((file) =>
    (file.containers ?? [])
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: ['spec', 'containers'],
        found: `no container ${name}, which is to see ${file.path}`,
        expected: 'names of containers in `files[].containers`',
        hint: didYouMean(name, known),
      })),
  );
};
