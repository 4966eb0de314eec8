/** Milliseconds after which an attempt to process a webhook event, of which nothing was heard, counts as dead. */
export const LEASE_MS = 60_000;
