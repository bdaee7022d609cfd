import type { Rule } from './rule.js';

/** Credentials come in pairs. */
export const registriesRule: Rule = ({ spec }) =>
  Object.entries(spec?.artifacts?.registries ?? {}).flatMap(([name, registry]) => {
    const path = ['spec', 'artifacts', 'registries', name];
    if ((registry?.username === undefined) === (registry?.password === undefined)) return [];
    const [given, missing] =
      registry?.username === undefined ? ['password', 'username'] : ['username', 'password'];
    return [
      { path: [...path, missing], found: `missing beside ${given}`, expected: 'both of them or neither' },
    ];
  });
