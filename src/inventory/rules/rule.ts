import type { Draft } from '../draft.js';
import type { Finding } from '../reading/finding.js';

/** Something that no single field can tell. Runs on what is sound in the inventory, whatever else is wrong. */
export type Rule = (draft: Draft) => readonly Finding[];
