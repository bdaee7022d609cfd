import type { AddonObject } from '../inventory/addons/addon.js';
import { fullImageName } from '../kubernetes/image-name.js';

const containerLists = ['containers', 'initContainers', 'ephemeralContainers'];

/** The images of all containers, however deep the pod is in it. */
export function imagesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(imagesIn);
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = containerLists.includes(key) && Array.isArray(inner) ? inner.flatMap(imageOf) : [];
    return [...own, ...imagesIn(inner)];
  });
}

const imageOf = (container: unknown): readonly string[] => {
  const image = (container as { image?: unknown } | null)?.image;
  return typeof image === 'string' ? [image] : [];
};

/**
 * The full names of the images that manifests mention. What is none, such as a placeholder that a webhook of the cluster
 * replaces, is left out. Pure.
 */
export const imagesOfAddons = (objects: readonly AddonObject[]): readonly string[] => [
  ...new Set(objects.flatMap(({ object }) => imagesIn(object)).flatMap((name) => fullImageName(name) ?? [])),
];
