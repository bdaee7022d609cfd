/** The parts of an image's full name. */
export interface ImageName {
  /** host[:port] as the name says it, such as `registry.k8s.io`. */
  readonly registry: string;
  /** Path in the registry, such as `coredns/coredns`. */
  readonly repository: string;
  /** Tag, or digest where the name has one. */
  readonly reference: string;
}

/** Reads `registry/repository:tag[@sha256:…]` by Docker's rules: no host means docker.io, no tag means latest. */
export function parseImageName(ref: string): ImageName {
  const [named = '', digest] = ref.split('@');
  const tag = /:([^/:]+)$/.exec(named)?.[1];
  const bare = tag === undefined ? named : named.slice(0, -tag.length - 1);
  const slash = bare.indexOf('/');
  const first = bare.slice(0, Math.max(slash, 0));
  const hasHost = first === 'localhost' || /[.:]/.test(first);
  const path = hasHost ? bare.slice(slash + 1) : bare;
  const registry = hasHost ? first : 'docker.io';
  return {
    registry,
    repository: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path,
    reference: digest ?? tag ?? 'latest',
  };
}

const sound =
  /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+(?::\w[\w.-]{0,127}|@sha256:[0-9a-f]{64})$/;

/**
 * The name under which the kubelet looks an image up in containerd, whatever its manifest leaves out; a tag before a
 * digest is dropped. Undefined for what names no image.
 * @see https://github.com/distribution/reference/blob/main/normalize.go
 */
export function fullImageName(ref: string): string | undefined {
  const { registry, repository, reference } = parseImageName(ref);
  const full = `${registry}/${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
  return sound.test(full) ? full : undefined;
}
