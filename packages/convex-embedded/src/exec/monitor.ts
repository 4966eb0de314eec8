/** Tells the watchdog (`watchdog/watchdog.ts`) which functions run, and that the process makes progress. */

export interface Monitor {
  /** A function begins. @returns the ticket that `left` takes when the function has ended. */
  entered(path: string): number;
  left(ticket: number): void;
  /** The process has made progress outside of functions. */
  progressed(): void;
}

let monitor: Monitor | null = null;

/** The monitor of this process, `null` for none. */
export const currentMonitor = (): Monitor | null => monitor;

/** Sets the monitor of this process. `null` removes it. */
export function setMonitor(next: Monitor | null): void {
  monitor = next;
}

/** Notes progress outside of functions: a request has begun or ended, or a part of a body has arrived. */
export function reportProgress(): void {
  monitor?.progressed();
}
