/** Removes the unfinished files of a command. */
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` and then `cleanUp`, also if a signal interrupts the work. After a signal the process exits with the status that shells
 * use: 128 plus the signal's number.
 *
 * @param cleanUp must work at any moment. @param endOnSignal False to leave signals to others.
 */
export async function withCleanUp<T>(
  cleanUp: () => void,
  work: () => Promise<T>,
  endOnSignal = true,
): Promise<T> {
  const onSignal = (signal: (typeof SIGNALS)[number]): never => {
    cleanUp();
    process.exit(128 + constants.signals[signal]);
  };
  if (endOnSignal) for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    cleanUp();
  }
}
