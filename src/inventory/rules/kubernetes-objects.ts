import { type FieldComplaint, judgeFields } from '../../kubernetes/judge-fields.js';
import { isKnownMinor } from '../../kubernetes/known.js';
import { isSupported, release } from '../../kubernetes/versions.js';
import { didYouMean } from '../did-you-mean.js';
import { hostsOf } from '../draft.js';
import { durationPattern, parseDuration } from '../duration.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import type { Rule } from './rule.js';

type Free = Readonly<Record<string, unknown>>;

/** The configurations that users write fields of are held to Kubernetes' own types, and the kubelet's to its limits. */
export const kubernetesObjectsRule: Rule = (draft) => {
  const version = draft.spec?.kubernetesVersion;
  if (version === undefined || !isSupported(version)) return [];
  const { minor } = release(version);
  if (!isKnownMinor(minor)) return [];
  const cluster: Free = draft.spec?.kubelet?.config ?? {};
  const kubelets = [
    { path: ['spec', 'kubelet', 'config'] as Path, config: cluster, under: {} as Free },
    ...hostsOf(draft).flatMap(({ host, index }) => {
      const config: Free | undefined = host.kubelet?.config;
      const path: Path = ['spec', 'hosts', index, 'kubelet', 'config'];
      return config === undefined ? [] : [{ path, config, under: cluster }];
    }),
  ];
  return [
    ...kubelets.flatMap(({ path, config, under }) => [
      ...judgeFields(config, 'KubeletConfiguration', { minor }).map((complaint) =>
        findingOf(path, complaint),
      ),
      ...imageThresholds(path, config, under),
      ...imageAges(path, config, under),
    ]),
    ...judgeFields(draft.spec?.kubeProxy?.config ?? {}, 'KubeProxyConfiguration', { minor }).map(
      (complaint) => findingOf(['spec', 'kubeProxy', 'config'], complaint),
    ),
  ];
};

/** A kubelet ends where it would begin to delete images before it may stop. */
function imageThresholds(path: Path, config: Free, under: Free): readonly Finding[] {
  const { imageGCLowThresholdPercent: low = 80, imageGCHighThresholdPercent: high = 85 } = {
    ...under,
    ...config,
  };
  const field = ['imageGCLowThresholdPercent', 'imageGCHighThresholdPercent'].find((one) => one in config);
  if (field === undefined || typeof low !== 'number' || typeof high !== 'number' || low < high) return [];
  return [
    {
      path: [...path, field],
      found: `a low threshold of ${low} and a high one of ${high} percent`,
      expected: 'the low one below the high one',
    },
  ];
}

/** Nor does it start where images had to be gone before they may go. */
function imageAges(path: Path, config: Free, under: Free): readonly Finding[] {
  const { imageMinimumGCAge: least = '2m', imageMaximumGCAge: most = '0s' } = { ...under, ...config };
  const field = ['imageMaximumGCAge', 'imageMinimumGCAge'].find((one) => one in config);
  const [youngest, oldest] = [least, most].map((one) =>
    durationPattern.test(String(one)) ? parseDuration(String(one)) : undefined,
  );
  if (field === undefined || youngest === undefined || !oldest || oldest > youngest) return [];
  return [
    {
      path: [...path, field],
      found: `ages of images from ${least} to ${most}`,
      expected: 'imageMaximumGCAge above imageMinimumGCAge, or 0s',
    },
  ];
}

/** A complaint about a value that stands at `path` in the inventory. */
const findingOf = (path: Path, { path: below, found, expected, known }: FieldComplaint): Finding => ({
  path: [...path, ...below],
  ...(found === undefined ? {} : { found }),
  expected,
  hint: known && didYouMean(String(below.at(-1)), known),
});
