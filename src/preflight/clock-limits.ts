/** Seconds by which the clocks of a host and of the operator may differ. */
export const clockLimits = {
  /** Certificates are valid from five minutes before they were made. */
  error: 240,
  /** Leases and logs begin to mislead. */
  warning: 5,
} as const;
