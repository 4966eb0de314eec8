/** What a command has begun, and must not leave behind. */
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work`, and `cleanUp` after it, however it ends: also when the process is told to end meanwhile. Then it ends with
 * the status that shells give to a signal, 128 and its number.
 *
 * @param cleanUp must be possible at any moment.
 */
export async function cleaningUp<T>(cleanUp: () => void, work: () => Promise<T>): Promise<T> {
  const onSignal = (signal: (typeof SIGNALS)[number]): never => {
    cleanUp();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    cleanUp();
  }
}
