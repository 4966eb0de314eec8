/** The `console` of a realm. Each line names the function that wrote it. */
import { formatWithOptions } from "node:util";
import { functionLabel } from "../exec/functionAddress";
import type { LogLine } from "../exec/logLine";
import { executions } from "../exec/execution";
import type { MapStack } from "../exec/realm";

const LEVELS = ["debug", "log", "info", "warn", "error"] as const;

/** Returns a `console` with the methods of Convex's. */
export function createConsole(log: (line: LogLine) => void, mapStack: MapStack): Record<string, unknown> {
  const write = (level: LogLine["level"], args: unknown[]): void => {
    const execution = executions.getStore();
    execution?.readSet?.addUntracked();
    const path = execution === undefined ? null : functionLabel(execution);
    const line = { level, path, message: mapStack(formatWithOptions({ depth: 4 }, ...args)) };
    log(line);
    if (execution === undefined) return;
    execution.engine.executionLog?.line(execution, line);
    execution.origin.logged?.(line);
  };
  const methods: Record<string, (...args: unknown[]) => void> = {};
  for (const level of LEVELS) methods[level] = (...args) => write(level, args);

  const started = new Map<string, number>();
  const writeElapsed = (label: string, args: unknown[]): void => {
    const start = started.get(label);
    if (start === undefined) write("warn", [`Timer '${label}' does not exist`]);
    else write("info", [`${label}: ${performance.now() - start}ms`, ...args]);
  };
  return {
    ...methods,
    trace: (...args: unknown[]) => {
      const stack = (new Error().stack ?? "").split("\n").slice(2).join("\n");
      write("log", [...args, `\n${stack}`]);
    },
    time: (label = "default") => void started.set(label, performance.now()),
    timeLog: (label = "default", ...args: unknown[]) => writeElapsed(label, args),
    timeEnd: (label = "default") => {
      writeElapsed(label, []);
      started.delete(label);
    },
  };
}
