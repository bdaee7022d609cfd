import { z } from 'zod';
import { keptSources } from '../../inventory/kept-sources.js';
import { Secret } from '../../secret.js';
import { type RunRecord, runRecordSchema } from './run-record.js';

/** What an earlier podstrap kept of a run: the inventory and its patches as they were written. */
const sourcesSchema = z
  .array(z.strictObject({ path: z.string().min(1).max(4096), text: z.string() }))
  .min(1)
  .max(1000);

/**
 * The record of a run that somebody else's text holds. Pure.
 * @param form `sources` in the form of an earlier podstrap
 * @returns undefined for anything that podstrap would not have written
 */
export function readRecord(run: string, form: 'record' | 'sources', text: string): RunRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return form === 'record' ? runRecordSchema.parse(value) : converted(run, value);
  } catch {
    // Whatever it is that lies there: nobody can go back to it.
    return undefined;
  }
}

function converted(run: string, value: unknown): RunRecord {
  const texts = sourcesSchema.parse(value).map(({ path, text }) => ({ path, text: new Secret(text) }));
  const sources = keptSources(texts);
  return runRecordSchema.parse({ apiVersion: 'podstrap.io/v1alpha1', kind: 'RunRecord', run, sources });
}
