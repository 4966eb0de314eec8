/** Tells the watchdog (`watchdog/watchdog.ts`) which functions run, and that the process makes progress. */

export interface Monitor {
  /** Records that a function starts. @returns a ticket for `left`. */
  entered(path: string): number;
  left(ticket: number): void;
  /** Records progress of the process outside functions. */
  progressed(): void;
}

let monitor: Monitor | null = null;

/** Returns the monitor of this process, `null` if none is set. */
export const currentMonitor = (): Monitor | null => monitor;

/** Sets the monitor of this process. `null` removes it. */
export function setMonitor(next: Monitor | null): void {
  monitor = next;
}

/** Reports progress outside functions: a request has begun or ended, or a part of a body has arrived. */
export function reportProgress(): void {
  monitor?.progressed();
}
