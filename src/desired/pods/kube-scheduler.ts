import type { HostInput } from '../host-input.js';
import type { Values } from '../templates.js';
import { boundHost } from './bind-address.js';

/** What templates/kube-scheduler.yaml.hbs is filled with. */
export const schedulerValues = ({ inventory }: HostInput): Values => ({
  probeHost: boundHost(inventory.spec.scheduler.extraArgs),
});
