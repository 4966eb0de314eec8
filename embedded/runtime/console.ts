/** `console` of a realm: lines that say which function wrote them. */
import { formatWithOptions } from "node:util";
import { labelOf } from "../exec/addresses";
import type { LogLine } from "../exec/logLine";
import { executions } from "../exec/execution";
import type { MapStack } from "./stack";

const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;

/** The methods that Convex's `console` has. */
export function createConsole(log: (line: LogLine) => void, mapStack: MapStack): Record<string, unknown> {
  const write = (level: LogLine["level"], args: unknown[]): void => {
    const execution = executions.getStore();
    execution?.observed?.elsewhere();
    const path = execution === undefined ? null : labelOf(execution);
    const line = { level, path, message: mapStack(formatWithOptions({ depth: 4 }, ...args)) };
    log(line);
    execution?.origin.logged?.(line);
  };
  const methods: Record<string, (...args: unknown[]) => void> = {};
  for (const [name, level] of Object.entries(LEVELS)) methods[name] = (...args) => write(level, args);

  const started = new Map<string, number>();
  const elapsed = (label: string): string => {
    const start = started.get(label);
    return start === undefined
      ? `Timer '${label}' does not exist`
      : `${label}: ${performance.now() - start}ms`;
  };
  return {
    ...methods,
    trace: (...args: unknown[]) => {
      const stack = (new Error().stack ?? "").split("\n").slice(2).join("\n");
      write("info", [...args, `\n${stack}`]);
    },
    time: (label = "default") => void started.set(label, performance.now()),
    timeLog: (label = "default", ...args: unknown[]) => write("info", [elapsed(label), ...args]),
    timeEnd: (label = "default") => {
      write("info", [elapsed(label)]);
      started.delete(label);
    },
  };
}
