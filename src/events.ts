/** What a run tells its watcher, as it happens. Views draw it, `-o json` prints it, the run's journal keeps it. */
export type RunEvent =
  | {
      readonly event: 'stage';
      readonly stage: string;
      readonly state: 'started' | 'finished';
      readonly seconds?: number;
    }
  | { readonly event: 'wave'; readonly wave: string; readonly state: 'started' | 'finished' }
  | { readonly event: 'host'; readonly host: string; readonly stage: string; readonly doing: string }
  | { readonly event: 'host-failed'; readonly host: string; readonly stage: string; readonly said: string }
  | { readonly event: 'host-done'; readonly host: string; readonly stage: string; readonly did: string }
  | {
      readonly event: 'transfer';
      readonly host: string;
      readonly artifact: string;
      /** Bytes. */
      readonly sent: number;
      readonly total: number;
    }
  | {
      readonly event: 'fetch';
      readonly artifact: string;
      readonly received: number;
      readonly total: number | undefined;
    }
  | {
      readonly event: 'verify';
      /** The bundle. */
      readonly file: string;
      /** Bytes. */
      readonly checked: number;
      readonly total: number;
    }
  | { readonly event: 'waiting'; readonly host: string; readonly stage: string; readonly for: string }
  | {
      readonly event: 'planned';
      /** Digest of the plan that was approved. */
      readonly plan: string;
      readonly steps: readonly {
        readonly host: string;
        readonly step: string;
        readonly reason: string;
        /** Name of the wave that takes it. */
        readonly wave?: string;
      }[];
      /** In which order, where the plan says that. */
      readonly waves?: readonly { readonly name: string; readonly after: readonly string[] }[];
      /** About how long it takes, by the plan's own estimate. */
      readonly seconds?: number;
    }
  | { readonly event: 'step'; readonly host: string; readonly step: string; readonly reason: string }
  /** The roll-out of a fleet ends here for now: what its plan has besides is for another run. */
  | { readonly event: 'held'; readonly for: string }
  | { readonly event: 'warning'; readonly host?: string; readonly message: string };

export type Emit = (event: RunEvent) => void;
