import { ApiError } from './api-error.js';

/** Equality and existence, which is what is asked for here. @throws ApiError for any other selector */
export function matches(labels: Readonly<Record<string, string>>, selector: string | undefined): boolean {
  return (selector ?? '')
    .split(',')
    .filter(Boolean)
    .every((term) => {
      const [, key = '', value] = /^([\w./-]+)(?:={1,2}([\w./-]*))?$/.exec(term) ?? [];
      if (key === '') throw new ApiError(400, 'BadRequest', `unable to parse requirement: ${term}`);
      return value === undefined ? key in labels : labels[key] === value;
    });
}
