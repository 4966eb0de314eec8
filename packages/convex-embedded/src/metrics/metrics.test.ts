import { expect, test } from "vitest";
import { exposition, gauge } from "./exposition";
import { RequestMetrics, requestFamilies } from "./requestMetrics";

/** Returns the samples of the requests' metrics, by name and labels. */
function samplesOf(metrics: RequestMetrics): Record<string, number> {
  const lines = exposition(requestFamilies([metrics])).split("\n");
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([^#]\S*) (\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)]];
    }),
  );
}

test("help and labels are escaped, and infinite values have Prometheus' names", () => {
  const label = { name: "a_total", help: "a\\b\nc", type: "counter" } as const;
  expect(exposition([{ ...label, samples: [{ labels: { route: 'x"\\\n' }, value: Infinity }] }])).toBe(
    '# HELP a_total a\\\\b\\nc\n# TYPE a_total counter\na_total{route="x\\"\\\\\\n"} +Inf\n',
  );
  expect(exposition([gauge("b", "B.", -Infinity), gauge("c", "C.", NaN)])).toContain("b -Inf\n# HELP c");
});

test("a metric without samples is left out", () => {
  expect(exposition([{ name: "a", help: "A.", type: "gauge", samples: [] }])).toBe("");
});

test("requests are counted by method, route and status, and timed in cumulative buckets", () => {
  const metrics = new RequestMetrics("http");
  metrics.answered("GET /items/:id", 200, 0.001);
  metrics.answered("GET /items/:id", 200, 0.3);
  metrics.answered("GET /items/:id", 404, 20);
  const route = 'port="http",method="GET",route="/items/:id"';
  expect(samplesOf(metrics)).toMatchObject({
    [`convex_http_requests_total{${route},status="200"}`]: 2,
    [`convex_http_requests_total{${route},status="404"}`]: 1,
    [`convex_http_request_duration_seconds_bucket{${route},le="0.001"}`]: 1,
    [`convex_http_request_duration_seconds_bucket{${route},le="0.25"}`]: 1,
    [`convex_http_request_duration_seconds_bucket{${route},le="0.5"}`]: 2,
    [`convex_http_request_duration_seconds_bucket{${route},le="10"}`]: 2,
    [`convex_http_request_duration_seconds_bucket{${route},le="+Inf"}`]: 3,
    [`convex_http_request_duration_seconds_sum{${route}}`]: 20.301,
    [`convex_http_request_duration_seconds_count{${route}}`]: 3,
  });
});

test("uncommon methods share a label, and the number of series is bounded", () => {
  const metrics = new RequestMetrics("http");
  for (const method of ["PROPFIND", "MKCOL", "SEARCH"]) metrics.answered(`${method} /*`, 405, 0);
  expect(samplesOf(metrics)).toMatchObject({
    'convex_http_requests_total{port="http",method="other",route="/*",status="405"}': 3,
  });
  for (let i = 0; i < 5_000; i++) metrics.answered(`GET /raw/${i}`, 200, 0);
  expect(metrics.statuses()).toHaveLength(1_001);
  const all = metrics.statuses().reduce((sum, { value }) => sum + value, 0);
  expect(all).toBe(5_003);
});
