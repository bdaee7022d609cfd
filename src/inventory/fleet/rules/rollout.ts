import { hostsOf } from '../../draft.js';
import { parseDuration } from '../../duration.js';
import type { Path } from '../../path.js';
import type { Finding } from '../../reading/finding.js';
import type { Rule } from '../../rules/rule.js';
import { selects } from '../../static-pods/selects.js';
import type { FleetDraft } from '../fleet.js';

const place = (...steps: Path): Path => ['spec', 'rollout', ...steps];

/** Stages that somebody is in, and times that can be kept. */
export const rolloutRule: Rule = (draft) => {
  const { spec } = draft as unknown as FleetDraft;
  const rollout = spec?.rollout ?? {};
  const { stages = [], minHealthyTime = '30s', healthyDeadline = '5m', window } = rollout;
  const hosts = hostsOf(draft).map(({ host }) => host);
  // Who looks at the inventory without running its commands does not see all hosts.
  const seesAll = hosts.length > 0 && !(spec?.hostsFrom ?? []).some((list) => list?.command !== undefined);
  const taken = new Set<string | undefined>();
  const names = new Set<string>();
  const ofStages = stages.flatMap((stage, index): Finding[] => {
    if (stage === undefined) return [];
    const path = place('stages', index);
    const own = hosts.filter((host) => !taken.has(host.name) && selects(stage.hosts, host));
    for (const { name } of own) taken.add(name);
    const findings: Finding[] = [];
    if (stage.name !== undefined && names.has(stage.name))
      findings.push({ path: [...path, 'name'], expected: 'a different name for each stage' });
    if (stage.name !== undefined) names.add(stage.name);
    if (stage.maxParallel === '0%')
      findings.push({ path: [...path, 'maxParallel'], expected: 'more than zero' });
    if (own.length === 0 && seesAll && stage.allowEmpty !== true)
      findings.push({
        path,
        found:
          stage.hosts === undefined
            ? 'a stage without hosts: stages before it have taken in all'
            : 'a stage without hosts',
        expected: 'at least one host that no stage before it takes in, or allowEmpty: true',
      });
    return findings;
  });
  const late: Finding[] =
    parseDuration(minHealthyTime) >= parseDuration(healthyDeadline)
      ? [
          {
            path: place('minHealthyTime'),
            found: `${minHealthyTime}, and healthyDeadline is ${healthyDeadline}`,
            expected: 'less than healthyDeadline',
          },
        ]
      : [];
  const never: Finding[] =
    window?.from !== undefined && window.from === window.to
      ? [{ path: place('window', 'to'), found: 'the same as from', expected: 'a window that has a length' }]
      : [];
  return [...ofStages, ...late, ...never];
};
