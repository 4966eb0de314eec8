/** Runs HTTP requests of a test through the router of `http.ts`, without a server. */
import type { Engine } from "../exec/engine";
import type { Origin } from "../exec/origins";
import { Execution, executions } from "../exec/execution";

const SITE = "https://some.convex.site";

/**
 * Runs the HTTP action of a request. Rejects with the action's error.
 *
 * @param path path and query. @throws Error if it is not a path, or the app has no HTTP actions.
 */
export async function fetchPath(
  engine: Engine,
  origin: Origin,
  path: string,
  init: RequestInit | undefined,
): Promise<Response> {
  if (!path.startsWith("/"))
    throw new Error(`The path given to \`t.fetch\` must start with a \`/\`: ${path}`);
  const router = await engine.modules.loadRouter();
  if (router === null) throw new Error("The modules of the test do not include `http`");
  const url = new URL(SITE + path);
  const method = init?.method ?? "GET";
  const found = router.lookup(url.pathname, method);
  if (found === null) return new Response(`No HttpAction routed for ${url.pathname}`, { status: 404 });
  const [action] = found;
  // A handler that was not wrapped by `httpAction` is called directly.
  const handler = action._handler ?? (action as unknown as NonNullable<typeof action._handler>);
  // The execution never ends, because its response may be a stream that is still being written.
  const execution = new Execution({
    engine,
    kind: "http",
    path: "http",
    component: "",
    origin,
    now: 0,
    parent: null,
    reader: null,
    transaction: null,
  });
  const request = new Request(url, init);
  const context = engine.modules.contexts.http(execution);
  return (await executions.run(execution, () => handler(context, request))) as Response;
}
