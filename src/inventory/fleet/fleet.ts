import type { z } from 'zod';
import type { DeepPartial } from '../draft.js';
import type { fleetHostSchema, fleetSchema } from './fleet-schema.js';
import type { rolloutSchema } from './rollout-schema.js';

/** A fleet as its file says it, defaults filled in. */
export type Fleet = z.output<typeof fleetSchema>;
export type FleetHost = z.output<typeof fleetHostSchema>;
export type FleetGroup = Fleet['spec']['groups'][number];
export type Rollout = z.output<typeof rolloutSchema>;
export type RolloutStage = Rollout['stages'][number];

/** One of which only sound fields are left. */
export type FleetDraft = DeepPartial<z.input<typeof fleetSchema>>;
