import { Failure } from '../../failure.js';
import type { ManifestPatch } from '../../inventory/inventory.js';
import { jsonPatch, PatchMismatch } from './json-patch.js';
import { mergePatch } from './merge-patch.js';
import { podMergeKeys } from './pod-merge-keys.js';
import { strategicMerge } from './strategic-merge.js';

/**
 * `document` changed by every patch for `target`, in the order of `patches`.
 * @throws Failure `inventory` that names the patch file which does not fit
 */
export function applyPatches(
  document: unknown,
  target: ManifestPatch['target'],
  patches: readonly ManifestPatch[],
): unknown {
  return patches.filter((patch) => patch.target === target).reduce(applyPatch, document);
}

function applyPatch(document: unknown, patch: ManifestPatch): unknown {
  try {
    return { strategic, merge: mergePatch, json: jsonPatch }[patch.type](document, patch.content, patch);
  } catch (error) {
    if (!(error instanceof PatchMismatch)) throw error;
    throw new Failure({
      kind: 'inventory',
      doing: `applying the ${patch.type} patch ${patch.file} to ${patch.target}`,
      said: error.message,
      next: `correct ${patch.file}; podstrap render shows what ${patch.target} looks like without it`,
      cause: error,
    });
  }
}

/** The kubelet's configuration declares no merge keys: its lists are replaced whole. */
const strategic = (document: unknown, content: unknown, patch: ManifestPatch): unknown =>
  strategicMerge(document, content, patch.target === 'kubeletconfiguration' ? {} : podMergeKeys);
