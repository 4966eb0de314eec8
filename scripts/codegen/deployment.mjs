import { createServer } from "node:http";
import { brotliDecompressSync } from "node:zlib";
import { startPush } from "./push.mjs";
import { Scratch } from "./scratch.mjs";

/**
 * Starts a stub deployment on a free port of 127.0.0.1. It answers the requests that `npx convex` sends to generate code or to
 * push. It stores nothing, so each push is a first push.
 *
 * @param project absolute path of the folder that the Convex CLI pushes.
 * @returns its `url`, and `close()`, which also removes the evaluated code.
 */
export async function stubDeployment(project) {
  const scratch = new Scratch();
  const server = createServer((request, response) => {
    answer(request, { project, scratch, url: `http://${request.headers.host}` }).then(
      (body) => response.setHeader("content-type", "application/json").end(JSON.stringify(body)),
      (error) => {
        // The CLI repeats requests that fail with a 5xx.
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ code: "StubFailed", message }));
      },
    );
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
      scratch.remove();
    },
  };
}

async function answer(request, { project, scratch, url }) {
  const body = await textOf(request);
  switch (request.url) {
    case "/api/get_config_hashes":
      return { config: { functions: "convex/" }, moduleHashes: [], nodeDependencies: [] };
    case "/api/deploy2/start_push":
      return startPush(JSON.parse(body), { project, scratch });
    // The answer is empty, because a first push deletes no indexes and checks no documents.
    case "/api/deploy2/evaluate_push":
      return { schemaChange: { allocatedComponentIds: {}, schemaIds: {}, indexDiffs: {} } };
    case "/api/deploy2/evaluate_schema":
      return { componentSchemaEvaluations: {}, newComponentDefinitions: [] };
    case "/api/deploy2/wait_for_schema":
      return { type: "complete" };
    case "/api/deploy2/finish_push":
      return { authDiff: { added: [], removed: [] }, definitionDiffs: {}, componentDiffs: {} };
    case "/api/deploy2/report_push_completed":
      return null;
    case "/api/v1/get_canonical_urls":
      return { convexCloudUrl: url, convexSiteUrl: `${url}/http` };
    default:
      throw new Error(`The stub deployment does not answer ${request.method} ${request.url}`);
  }
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return (request.headers["content-encoding"] === "br" ? brotliDecompressSync(bytes) : bytes).toString();
}
