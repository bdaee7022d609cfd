import type { HostTraits } from '../traits.js';

/** Volumes for the host's own CA directories beside /etc/ssl/certs, with the names that kubeadm gives them. */
export const caVolumes = ({ caDirectories }: HostTraits): readonly { name: string; path: string }[] =>
  [...caDirectories].sort().map((path) => ({ name: path.slice(1).replaceAll('/', '-'), path }));
