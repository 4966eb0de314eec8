/** The routes of the API port for Convex's own tools and `ConvexHttpClient`. */
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { ApiRequest, ApiRoute } from "../http/api";
import { ApiError } from "../http/api";
import type { Deployment } from "./deployment";
import { exchangeRoutes } from "./exchange";
import { functionRoutes } from "./functions";
import { inlineQueryRoutes } from "./inlineQuery";
import { keySetRoutes } from "./keySet";
import { logRoutes } from "./logs";
import { metricsRoutes } from "./metrics";
import { pushRoutes } from "./push/routes";
import { refusedRoutes } from "./refusals";
import { shapeRoutes } from "./shapes";
import { streamingExportRoutes } from "./streamingExport/routes";
import { variableRoutes } from "./variables";

export function protocolRoutes(deployment: Deployment): readonly ApiRoute[] {
  return [
    ...functionRoutes(deployment),
    ...variableRoutes(deployment),
    ...exchangeRoutes(deployment),
    ...inlineQueryRoutes(deployment),
    ...keySetRoutes(deployment),
    ...logRoutes(deployment),
    ...metricsRoutes(deployment),
    ...pushRoutes(deployment),
    ...shapeRoutes(deployment),
    ...streamingExportRoutes(deployment),
    ...refusedRoutes(deployment),
    text(/^\/instance_name$/, "embedded"),
    text(/^\/version$/, "embedded"),
    { path: /^\/echo$/, methods: { POST: echo } },
    {
      path: /^\/api\/(?:[^/]+\/)?sync$/,
      methods: {
        GET() {
          const headers = { upgrade: "websocket", connection: "Upgrade" };
          throw new ApiError(
            426,
            "UpgradeRequired",
            "This path accepts only WebSocket connections.",
            headers,
          );
        },
      },
    },
  ];
}

/** Sends the request body back, for `npx convex network-test`. */
async function echo({ incoming, outgoing }: ApiRequest): Promise<void> {
  outgoing.setHeader("content-type", "application/octet-stream");
  // A client that disconnects is not a server error, so do not log it.
  await pipeline(incoming, outgoing).catch(() => undefined);
}

function text(path: RegExp, body: string): ApiRoute {
  const send = ({ outgoing }: { readonly outgoing: ServerResponse }): Promise<void> => {
    outgoing.setHeader("content-type", "text/plain; charset=utf-8");
    outgoing.setHeader("content-length", Buffer.byteLength(body));
    outgoing.writeHead(200).end(body);
    return Promise.resolve();
  };
  return { path, methods: { GET: send, HEAD: send } };
}
