/** The Grafana dashboard in deploy/prometheus, as far as the tests read it. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

export interface Dashboard {
  readonly panels: readonly Panel[];
}

export const DEPLOY = resolve(import.meta.dirname, "../../deploy/prometheus");

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(resolve(DEPLOY, "dashboard.json"), "utf8")) as Dashboard;
}

/** Returns the queries of all panels by the panel's title. */
export function queries({ panels }: Dashboard): (readonly [title: string, expr: string])[] {
  return panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));
}
