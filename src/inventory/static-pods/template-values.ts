import type { TemplateValues } from './template.js';

/** As much of a host as templates are filled in with. */
export interface TemplateHost {
  readonly name?: string | undefined;
  readonly address?: string | undefined;
  readonly advertiseAddress?: string | undefined;
  readonly labels?: Readonly<Record<string, string | undefined>> | undefined;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
}

interface Whole {
  readonly metadata?: { readonly name?: string | undefined } | undefined;
  readonly spec?: { readonly values?: Readonly<Record<string, unknown>> | undefined } | undefined;
}

/** What `{{…}}` knows on a host: `values`, the host's over those of all, mapping by mapping; `host`; and whose it is. Pure. */
export const templateValues = ({ metadata, spec }: Whole, host: TemplateHost): TemplateValues => ({
  values: mergeValues(spec?.values ?? {}, host.values ?? {}),
  host: {
    name: host.name,
    address: host.address,
    advertiseAddress: host.advertiseAddress ?? host.address,
    labels: host.labels ?? {},
  },
  metadata: { name: metadata?.name },
});

type Fields = Readonly<Record<string, unknown>>;

/** `over` upon `under`: mappings are merged, anything else is replaced. */
export const mergeValues = (under: Fields, over: Fields): Fields => ({
  ...under,
  ...Object.fromEntries(
    Object.entries(over).map(([key, value]) => {
      const below = under[key];
      return [key, isFields(below) && isFields(value) ? mergeValues(below, value) : value];
    }),
  ),
});

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
