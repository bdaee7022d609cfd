import { additionsOf } from '../../inventory/component-sections.js';
import { isControlPlane } from '../../inventory/inventory.js';
import type { HostInput } from '../host-input.js';
import type { DirectoryResource } from '../resource.js';
import { hardeningPlaces as places } from './places.js';

/** The folder of the audit log, where API servers write one there: the kubelet would make it readable by all. */
export const hardeningDirectories = ({ inventory, host }: HostInput): readonly DirectoryResource[] => {
  const { extraArgs } = additionsOf(inventory.spec, 'kube-apiserver');
  const logs = isControlPlane(host) && extraArgs.some(({ value }) => value === places.auditLog);
  return logs
    ? [
        {
          kind: 'directory',
          phase: 'node',
          path: places.auditFolder,
          mode: 0o700,
          because: 'the audit log tells who did what',
        },
      ]
    : [];
};
