import { Failure } from '../../failure.js';

/** The operator was asked, and would not have it: by a no, by Ctrl-C or by Ctrl-D. Nothing has been changed by then. */
export class Cancelled extends Failure {
  /** @param doing what the question was about */
  constructor(doing = 'Asking a question') {
    super({ kind: 'interrupted', doing, said: 'Cancelled. Nothing was changed.' });
  }
}
