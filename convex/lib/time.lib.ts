/** Formats milliseconds since the epoch as RFC 3339, UTC. */
export const toTime = (ms: number): string => new Date(ms).toISOString();
