import { sorted } from '../../desired/canonical-yaml.js';
import type { Inventory } from '../../inventory/inventory.js';
import { reveal, type Secret } from '../../secret.js';
import { digestOf } from '../../secrets/digest.js';
import { sealOf } from '../documents/seal.js';

/**
 * Tells roll-outs apart: of all that an inventory says that the hosts of a fleet should have, whoever of them can be reached.
 * How they are reached, in which order they change, and which hosts there are says nothing of that. Pure.
 * @param key of the keystore: secrets are part of it, and a plain hash of a PIN tells the PIN
 * @returns hex HMAC-SHA-256
 */
export function rolloutDigest(inventory: Inventory, key: Secret): string {
  const { spec } = inventory;
  const { versions, extraImages, extraFiles } = spec.artifacts;
  const own = spec.hosts.flatMap(({ name, kubelet, values }) =>
    kubelet === undefined && Object.keys(values).length === 0 ? [] : [{ name, kubelet, values }],
  );
  const wanted = {
    kubernetesVersion: spec.kubernetesVersion,
    imageRepository: spec.imageRepository,
    networking: spec.networking,
    kubelet: spec.kubelet,
    containerd: spec.containerd,
    proxy: spec.proxy,
    artifacts: { versions, extraImages, extraFiles },
    values: spec.values,
    staticPods: spec.staticPods,
    manifests: inventory.sources.slice(1).map(({ path, text }) => [path, digestOf(reveal(text))]),
    files: [...inventory.files].map(([source, text]) => [source, digestOf(reveal(text))]),
    secrets: [...inventory.secrets].map(([source, text]) => [source, digestOf(reveal(text))]),
    hosts: own,
  };
  return sealOf(key, 'rollout', JSON.stringify(sorted(wanted)));
}
