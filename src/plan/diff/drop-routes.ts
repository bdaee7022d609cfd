import { podNetworkUnitName } from '../../desired/node/pod-routes.js';
import { type Desired, type FileResource, wantedOn } from '../../desired/resource.js';
import { paths } from '../../host/paths.js';
import { digestOf } from '../../secrets/digest.js';
import type { Step } from '../step.js';
import { replaces, textDiff } from './diff-file.js';

/**
 * What hosts that stay do once others have left: until those were drained, pods there had to be reached. Pure.
 * @param meanwhile what hosts have until then
 * @param after what they have in the end
 */
export const dropRoutes = (meanwhile: Desired, after: Desired, left: readonly string[]): readonly Step[] =>
  after.hosts.flatMap(({ host, resources }): Step[] => {
    const next = scriptOf(resources);
    const now = scriptOf(wantedOn(meanwhile, host).resources);
    if (now === undefined || next === undefined || now.content === next.content) return [];
    const { path, mode, content } = next;
    const base = { host, phase: 'leave', reason: `${left.join(', ')} left` } as const;
    const action = { do: 'write-file', path, mode, sha256: digestOf(content), secret: false } as const;
    return [
      {
        ...base,
        action,
        ...replaces(digestOf(now.content)),
        diff: textDiff(path, String(now.content), String(content)),
      },
      { ...base, action: { do: 'restart-unit', name: podNetworkUnitName } },
    ];
  });

const scriptOf = (resources: Desired['hosts'][number]['resources']): FileResource | undefined =>
  resources.find((one): one is FileResource => one.kind === 'file' && one.path === paths.podNetworkScript);
