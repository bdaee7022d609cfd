/** A released version of Kubernetes or etcd. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As it was written. */
  readonly text: string;
}

/** Reads `v1.36.3`, `3.6.8-0` and the like; undefined for what begins otherwise. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = match.slice(1).map(Number) as [number, number, number];
  return { major, minor, patch, text };
}

/** Below zero when `one` is the older. */
export const compareVersions = (one: Version, other: Version): number =>
  one.major - other.major || one.minor - other.minor || one.patch - other.patch;

/** How many minors `to` is ahead of `from`; negative when it is behind. A major counts as a hundred. */
export const minorsAhead = (from: Version, to: Version): number =>
  (to.major - from.major) * 100 + to.minor - from.minor;

/** The version that an image's tag names; undefined for a digest alone and for tags that are no version. */
export function imageVersion(image: string): Version | undefined {
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image.replace(/@sha256:.*$/, ''))?.[1];
  return tag === undefined ? undefined : parseVersion(tag);
}
