/** `npx convex dev`, `deploy` and `codegen`: pushes over HTTP (`crates/local_backend/src/deploy_config2.rs`). */
import type { ApiRequest, ApiRoute } from "../../http/api";
import { sendJson } from "../../http/api";
import { fieldsOf } from "../../http/body";
import { moduleHash } from "../../runtime/pushedProject";
import { requireAdmin } from "../caller";
import type { Deployment } from "../deployment";
import { evaluationOf } from "./evaluation";
import { Pushes } from "./pushes";
import type { PushRequest } from "./request";
import { pushIn, readPushBody } from "./request";

/** As on Convex. */
const DEFAULT_WAIT_MS = 10_000;
/** Proxies give up after 60 s. */
const MAX_WAIT_MS = 30_000;

type Fields = Readonly<Record<string, unknown>>;

export function pushRoutes(deployment: Deployment): readonly ApiRoute[] {
  const pushes = new Pushes(deployment);
  const post = (path: RegExp, answer: (fields: Fields) => unknown): ApiRoute => ({
    path,
    methods: {
      async POST({ incoming, outgoing }: ApiRequest) {
        requireAdmin(deployment, incoming);
        sendJson(outgoing, 200, await answer(await readPushBody(incoming)));
      },
    },
  });
  const pushOf = (fields: Fields): PushRequest => pushIn(fields, deployment.pushes.pushed);
  return [
    post(/^\/api\/get_config_hashes$/, () => configHashes(deployment)),
    post(/^\/api\/deploy2\/start_push$/, (fields) => pushes.start(pushOf(fields))),
    post(/^\/api\/deploy2\/evaluate_push$/, async (fields) => {
      const { diffs } = await pushes.evaluate(pushOf(fields));
      return { schemaChange: { allocatedComponentIds: {}, schemaIds: {}, indexDiffs: diffs } };
    }),
    post(/^\/api\/deploy2\/evaluate_schema$/, async (fields) => {
      const { diffs, evaluated } = await pushes.evaluate(pushOf(fields));
      return await evaluationOf(deployment.engine().store, evaluated, diffs);
    }),
    post(/^\/api\/deploy2\/wait_for_schema$/, ({ schemaChange, timeoutMs }) =>
      pushes.waitForSchema(idIn(schemaChange), waitIn(timeoutMs)),
    ),
    post(/^\/api\/deploy2\/finish_push$/, ({ startPush }) =>
      pushes.finish(idIn(fieldsOf(startPush)["schemaChange"])),
    ),
    post(/^\/api\/deploy2\/report_push_completed$/, () => null),
  ];
}

/** Describes the functions in service, so that the command line sends only modules that have changed. */
function configHashes({ pushes }: Deployment): object {
  const { pushed } = pushes;
  const modules = pushed?.components[0]?.modules ?? [];
  return {
    config: { functions: "convex/" },
    moduleHashes: modules.map((module) => ({
      path: module.path,
      hash: moduleHash(module),
      environment: module.environment ?? "isolate",
    })),
    nodeDependencies: [],
    udfServerVersion: pushed?.version ?? null,
  };
}

/** Returns how long a request waits for a schema, in milliseconds. */
function waitIn(timeoutMs: unknown): number {
  if (typeof timeoutMs !== "number" || !(timeoutMs >= 0)) return DEFAULT_WAIT_MS;
  return Math.min(timeoutMs, MAX_WAIT_MS);
}

function idIn(schemaChange: unknown): unknown {
  return fieldsOf(fieldsOf(schemaChange)["schemaIds"])["push"];
}
