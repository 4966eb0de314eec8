/** Runs the collections that Postman and Bruno generate from the document against the API. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { temporaryDirectory } from "../../packages/convex-embedded/fixtures/serve";
import { productDocument } from "../contract/check";
import { startApi } from "./api.testing";
import { openWorkshop, run, runTool } from "./workshop";

let folder = "";
beforeAll(async () => {
  folder = await openWorkshop("collections");
});

type Item = {
  name: string;
  item?: Item[];
  request?: { method: string; url: { path: string[] } };
};

/** Requests that cannot succeed with an example: they need uploaded bytes, or the signature of a webhook source. */
const NOT_SENDABLE = /^(POST api\/files|POST webhooks\/\w+)$/;

/** Whether the document says that a request can fail although it is valid: another service may not answer. */
const mayFail = (method: string, path: string): boolean =>
  productDocument().operations.some(
    (operation) =>
      operation.method === method &&
      operation.path === `/${path}` &&
      Object.keys(operation.responses).some((status) => Number(status) > 500 && status !== "503"),
  );

/**
 * Returns the requests that can be sent unchanged after the import. Omits requests with an id in the path, because they need an id
 * from the deployment.
 */
function sendable(items: Item[]): Item[] {
  return items.flatMap((entry) => {
    if (entry.item) return [{ ...entry, item: sendable(entry.item) }];
    const { method = "", url = { path: [] } } = entry.request ?? {};
    if (
      url.path.some((segment) => segment.startsWith(":")) ||
      NOT_SENDABLE.test(`${method} ${url.path.join("/")}`) ||
      mayFail(method, url.path.join("/"))
    )
      return [];
    return [entry];
  });
}

type Run = { run: { executions: { item: { name: string }; response?: { code: number } }[] } };

test("newman runs the collection of openapi-to-postmanv2, and no request is refused", async () => {
  const file = join(folder, "out/postman.json");
  // Some filters exclude each other, so their examples cannot be sent together.
  const options = "parametersResolution=Example,folderStrategy=Tags,enableOptionalParameters=false";
  await runTool(folder, "openapi2postmanv2", ["-s", "openapi.json", "-o", file, "-O", options]);
  const collection = JSON.parse(readFileSync(file, "utf8")) as { item: Item[] };
  writeFileSync(file, JSON.stringify({ ...collection, item: sendable(collection.item) }));
  const { url, key } = await startApi();
  const report = join(folder, "out/newman.json");
  await runTool(folder, "newman", [
    ...["run", file, "--reporters", "json", "--reporter-json-export", report],
    ...["--env-var", `baseUrl=${url}`, "--env-var", `apiKey=${key}`, "--env-var", `bearerToken=${key}`],
  ]);
  const { executions } = (JSON.parse(readFileSync(report, "utf8")) as Run).run;
  const refused = executions.filter(({ response }) => response === undefined || response.code >= 400);
  expect(refused.map(({ item, response }) => `${item.name}: ${String(response?.code)}`)).toEqual([]);
  expect(executions.length).toBeGreaterThan(15);
});

type Result = { request: { method: string; url: string }; response: { status: number | string } };

test("bruno runs the imported collection, and no request is refused", async () => {
  // Bruno ignores requests below a folder `node_modules`, and the generators' folder is there.
  const out = join(temporaryDirectory(), "bruno");
  const report = join(folder, "out/bruno.json");
  const source = ["-s", "openapi.json", "-o", out, "-n", "api", "--collection-format", "bru"];
  await runTool(folder, "bru", ["import", "openapi", ...source]);
  const { url, key } = await startApi();
  const variables = { baseUrl: url, apiKey: key, token: key, bearerToken: key };
  const variableArgs = Object.entries(variables).flatMap(([name, value]) => [
    "--env-var",
    `${name}=${value}`,
  ]);
  await run(out, join(folder, "../node_modules/.bin/bru"), [
    "run",
    ".",
    "-r",
    "--reporter-json",
    report,
    ...variableArgs,
  ]);
  const [{ results }] = JSON.parse(readFileSync(report, "utf8")) as [{ results: Result[] }];
  const sent = results.map(({ request, response }) => ({
    call: `${request.method} ${request.url.slice(url.length + 1).split("?", 1)[0] ?? ""}`,
    status: response.status,
  }));
  const sendableRequests = sent.filter(({ call }) => SENDABLE.includes(call));
  expect(sendableRequests.map(({ call }) => call).sort()).toEqual([...SENDABLE].sort());
  expect(
    sendableRequests.filter(({ status }) => Number(status) >= 400 || Number.isNaN(Number(status))),
  ).toEqual([]);
});

/** The requests that can succeed with the examples, and have no id in their path. */
const SENDABLE = [
  ...["GET ", "GET openapi.json", "GET docs", "GET health", "GET health/ready"],
  ...["GET api/protected", "GET api/items", "POST api/items", "GET api/users", "POST api/users"],
  ...["GET api/keys", "POST api/keys", "POST api/data", "POST api/process", "POST api/upload-url"],
  ...["GET api/files", "GET api/webhook-events"],
].filter((call) => {
  // An adopter may have removed some of them.
  const [method, path] = call.split(" ");
  return productDocument().operations.some((one) => one.method === method && one.path === `/${path ?? ""}`);
});
