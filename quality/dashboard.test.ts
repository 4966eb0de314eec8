/** deploy/prometheus/dashboard.json against the metrics that a server of this project serves. */
import { resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../packages/convex-embedded/src/cli/config";
import { startServer } from "../packages/convex-embedded/src/server/server";
import { temporaryDirectory } from "./lib/testServer";
import { queries, readDashboard } from "./monitoring/dashboard";

const project = resolve(import.meta.dirname, "..");

test("every metric that a panel queries exists, and every figure of the app has a panel", async () => {
  const query = readConfig(project).metricsQuery;
  const options = { project, data: temporaryDirectory(), port: 0, env: {}, metrics: { open: true, query } };
  const server = await startServer(options);
  onTestFinished(() => server.close(0));
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  const scraped = await (await fetch(`${server.apiUrl}/metrics`)).text();
  expect(scraped).toContain("convex_app_metrics_up 1\n");
  const served = new Set([...scraped.matchAll(/^([a-z_0-9]+)[{ ]/gm)].map(([, name]) => name));
  const shown = queries(readDashboard()).flatMap(([title, expr]) => {
    const names = expr.match(/\b(?:convex|app|process|nodejs)_[a-z_0-9]+/g) ?? [];
    expect([title, names.length]).not.toEqual([title, 0]);
    return names;
  });
  expect(shown.filter((name) => !served.has(name))).toEqual([]);
  const figures = [...served].filter((name) => name?.startsWith("app_"));
  expect(figures.toSorted()).toEqual(
    [...new Set(shown.filter((name) => name.startsWith("app_")))].toSorted(),
  );
});

test("the panels have ids of their own and do not overlap", () => {
  const { panels } = readDashboard();
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { id, gridPos: a } of panels)
    for (const { id: other, gridPos: b } of panels) {
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      expect([id, other, id === other || apart]).toEqual([id, other, true]);
    }
});
