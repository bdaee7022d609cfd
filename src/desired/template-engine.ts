import Handlebars from 'handlebars';
import { word } from '../host/shell.js';
import { environmentWord, execWord } from './node/unit-file.js';

/** Characters that mean themselves to a shell, in a scalar of YAML, and to systemd and HAProxy. */
const plainText = /^[A-Za-z0-9_*@+=:,./[\]-]*$/;

/**
 * What fills templates in, with the helpers that they have: `{{yaml x}}` writes a scalar that YAML reads back as the very same
 * string, `{{flag "name" x}}` such a scalar of `--name=x`, `{{word x}}` one word for a shell, `{{environment x}}` and
 * `{{exec x}}` one of systemd's Environment= and ExecStart=, `{{plain x}}` plain text: a value that a shell, YAML, systemd or
 * HAProxy would read as anything else is an error.
 */
export function templateEngine(): typeof Handlebars {
  const engine = Handlebars.create();
  const yaml = (value: unknown) => JSON.stringify(String(given(value)));
  engine.registerHelper({
    yaml,
    plain,
    environment: (value: unknown) => environmentWord(String(given(value))),
    exec: (value: unknown) => execWord(String(given(value))),
    word: (value: unknown) => word(String(given(value))),
    flag: (name: string, value: unknown) => yaml(`--${name}=${String(given(value))}`),
    if(this: unknown, value: unknown, options: Handlebars.HelperOptions) {
      return given(value) ? options.fn(this) : options.inverse(this);
    },
    each(list: unknown, options: Handlebars.HelperOptions) {
      return (given(list) as readonly unknown[]).map((item) => options.fn(item)).join('');
    },
  });
  return engine;
}

function plain(value: unknown): string {
  const text = String(given(value));
  if (plainText.test(text)) return text;
  throw new TypeError(`a template writes a value that is more than plain text: ${JSON.stringify(text)}`);
}

/** Handlebars' strict mode does not look at the arguments of helpers. */
function given(value: unknown): unknown {
  if (value !== undefined) return value;
  throw new TypeError('a template uses a name that it was not given');
}
