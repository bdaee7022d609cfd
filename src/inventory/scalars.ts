import { z } from 'zod';
import { durationPattern } from './duration.js';
import * as formats from './formats.js';

// What several parts of an inventory are made of. Messages end the sentence "expected …".

export const text = z.string().min(1);

export const duration = z.string().regex(durationPattern, 'a duration such as 30s, 4m, 1h30m or 8760h');

/** A DNS label, as names in Kubernetes are. */
export const dnsLabel = z
  .string()
  .max(63)
  .regex(formats.dnsLabelPattern, 'lower case letters, digits and dashes');

export const labelKey = z.string().refine(formats.isLabelKey, 'a label key such as example.com/disk');

export const labelValue = z
  .string()
  .regex(formats.labelValuePattern, 'at most 63 letters, digits, dashes, dots and underscores');
