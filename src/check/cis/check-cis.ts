import { type Host, type Inventory, isControlPlane } from '../../inventory/inventory.js';
import { cisChecks } from './cis-checks.js';
import type { CisFacts } from './cis-facts.js';

/** What came of one check on one host, in kube-bench's words. */
export interface CisResult {
  readonly id: string;
  readonly node: string;
  readonly result: 'pass' | 'fail' | 'warn';
  /** What is true where it passes. */
  readonly about: string;
  /** What was found instead. */
  readonly said?: string;
  /** How podstrap answers what does not pass with `profile: cis`. */
  readonly answer?: string;
}

/** What `podstrap check --cis` tells. */
export interface CisReport {
  readonly apiVersion: 'podstrap.io/v1alpha1';
  readonly kind: 'CisReport';
  readonly cluster: string;
  /** The benchmark whose checks these are. */
  readonly benchmark: 'cis-1.12';
  /** False as soon as one check fails on one host, or a host could not be asked. */
  readonly ok: boolean;
  readonly results: readonly CisResult[];
  /** Hosts that could not be asked, with why. */
  readonly unasked: readonly { readonly node: string; readonly said: string }[];
}

/** Judges one host by every check that is about its kind. Pure. */
export function judgeCis({ spec }: Inventory, host: Host, facts: CisFacts): readonly CisResult[] {
  return cisChecks
    .filter(({ on }) => on === 'node' || isControlPlane(host))
    .map(({ id, about, scored, judge, answer }) => {
      const said = judge(facts, spec.etcd.local.dataDir);
      const base = { id, node: host.name, about };
      if (said === undefined) return { ...base, result: 'pass' };
      const told = { ...base, result: scored ? ('fail' as const) : ('warn' as const), said };
      return answer === undefined ? told : { ...told, answer };
    });
}
