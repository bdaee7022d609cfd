import type { Action, Step } from '../../plan/step.js';

/** What a step does to what is there: creates, changes, or removes. */
export type Sign = '+' | '~' | '-';

/** `+?`: creates where nothing is replaced, and changes else. */
const signs: Readonly<Record<Action['do'], Sign | '+?'>> = {
  'make-directory': '+?',
  'write-file': '+?',
  'set-mode': '~',
  'remove-file': '-',
  'forget-secrets': '-',
  'make-user': '+',
  'load-module': '+',
  'set-sysctl': '+?',
  'install-binary': '+?',
  'import-image': '+?',
  'pin-image': '~',
  'reload-units': '~',
  'enable-unit': '+',
  'start-unit': '+',
  'restart-unit': '~',
  'set-aside-etcd-data': '-',
  'own-etcd-data': '~',
  'mark-etcd-birth': '+',
  'put-manifest': '+?',
  'switch-manifest': '~',
  'remove-etcd-member': '-',
  'add-etcd-learner': '+',
  'promote-etcd-member': '~',
  'save-snapshot': '+',
  'drain-node': '~',
  'uncordon-node': '~',
  'remove-object': '-',
  'stop-control-plane': '-',
  'reset-host': '-',
  'delete-node': '-',
  'apply-object': '+?',
};

/** Pure. */
export function signOf({ action, replaces }: Step): Sign {
  // An object that is there may be unknown to podstrap until it is applied.
  if (action.do === 'apply-object') return action.create ? '+' : '~';
  const sign = signs[action.do];
  if (sign !== '+?') return sign;
  return replaces === undefined ? '+' : '~';
}
