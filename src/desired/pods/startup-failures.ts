import { parseDuration } from '../../inventory/duration.js';

const probePeriodMs = 10_000;

/** How many startup probes may fail before the kubelet restarts a component: as many as `timeout` has room for. */
export const startupFailures = (timeout: string): number => Math.ceil(parseDuration(timeout) / probePeriodMs);
