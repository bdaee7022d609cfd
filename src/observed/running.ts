import type { BinaryResource, DesiredHost, StaticPodResource } from '../desired/resource.js';
import { paths } from '../host/paths.js';
import { type ComponentName, components } from '../kubernetes/pod-names.js';
import { imageVersion, minorsAhead, parseVersion, type Version } from '../kubernetes/version.js';
import { digestOf } from '../secrets/digest.js';
import type { HostFacts } from './facts.js';

/** The versions that a host runs, or would run at its next start. Absent: nothing there, or no version to tell. */
export interface Running {
  readonly components: Readonly<Partial<Record<ComponentName, Version>>>;
  readonly kubelet?: Version;
}

/** What runs on a host, from its manifests and its kubelet: the operator's memory is not asked. Pure. */
export function runningOn(wanted: DesiredHost, facts: HostFacts): Running {
  const found = components.flatMap((name) => {
    const version = componentVersion(podOf(wanted, name), name, facts);
    return version === undefined ? [] : [[name, version]];
  });
  const kubelet = kubeletVersion(wanted, facts);
  return { components: Object.fromEntries(found), ...(kubelet === undefined ? {} : { kubelet }) };
}

/** The versions that a host is wanted to run. Pure. */
export function wantedVersions(wanted: DesiredHost): Running {
  const found = components.flatMap((name) => {
    const version = versionIn(podOf(wanted, name)?.content);
    return version === undefined ? [] : [[name, version]];
  });
  const binary = kubeletOf(wanted);
  const kubelet = binary && parseVersion(binary.version);
  return { components: Object.fromEntries(found), ...(kubelet === undefined ? {} : { kubelet }) };
}

/** The version of any static pod of a host: that of the image in its manifest there. Pure. */
export const podVersion = (wanted: DesiredHost, name: string, facts: HostFacts): Version | undefined =>
  componentVersion(podOf(wanted, name), name, facts);

const podOf = ({ resources }: DesiredHost, name: string): StaticPodResource | undefined =>
  resources.find(
    (resource): resource is StaticPodResource => resource.kind === 'static-pod' && resource.name === name,
  );

const kubeletOf = ({ resources }: DesiredHost): BinaryResource | undefined =>
  resources.find(
    (resource): resource is BinaryResource => resource.kind === 'binary' && resource.path === paths.kubelet,
  );

/** A manifest's text is fetched only where it differs from the wanted one. */
function componentVersion(
  pod: StaticPodResource | undefined,
  name: string,
  facts: HostFacts,
): Version | undefined {
  const fact = facts.files[`${paths.manifests}/${name}.yaml`];
  if (fact === undefined) return undefined;
  const same = pod !== undefined && fact.sha256 === digestOf(pod.content);
  return versionIn(same ? pod.content : fact.content);
}

/** The version of the first image that a manifest names. Pure. */
export const versionIn = (manifest: string | undefined): Version | undefined => {
  const image = /^\s*(?:- )?image:\s*["']?([^\s"']+)/m.exec(manifest ?? '')?.[1];
  return image === undefined ? undefined : imageVersion(image);
};

/** A kubelet is asked for its version only where its digest is not the wanted one. */
function kubeletVersion(wanted: DesiredHost, facts: HostFacts): Version | undefined {
  const binary = kubeletOf(wanted);
  if (binary !== undefined && facts.files[paths.kubelet]?.sha256 === binary.sha256)
    return parseVersion(binary.version);
  return facts.kubeletVersion === undefined ? undefined : parseVersion(facts.kubeletVersion);
}

/**
 * True when the kubelet that runs becomes one of another minor. Such a kubelet gives every static pod another UID, the pod
 * being hashed with all the fields that this minor knows, and so starts it anew, whether its manifest changes or not. Pure.
 */
export function changesKubeletMinor(wanted: DesiredHost, facts: HostFacts): boolean {
  const now = kubeletThatRuns(wanted, facts);
  const then = wantedVersions(wanted).kubelet;
  return now !== undefined && then !== undefined && minorsAhead(now, then) !== 0;
}

/** An interrupted run may have put another program on the disk than the one that runs. */
function kubeletThatRuns(wanted: DesiredHost, facts: HostFacts): Version | undefined {
  const { units, runningKubelet } = facts;
  const isOutdated = units['kubelet.service']?.outdated === true;
  if (isOutdated && runningKubelet !== undefined) return parseVersion(runningKubelet);
  return kubeletVersion(wanted, facts);
}
