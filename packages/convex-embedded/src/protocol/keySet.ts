/** `/.well-known/jwks.json`: the keys that verify tokens of `ctx.auth.signJwt`. */
import type { ApiRoute } from "../http/api";
import { sendJson } from "../http/api";
import type { Deployment } from "./deployment";

export function keySetRoutes(deployment: Deployment): readonly ApiRoute[] {
  return [
    {
      path: /^\/\.well-known\/jwks\.json$/,
      methods: {
        GET({ outgoing }) {
          sendJson(outgoing, 200, deployment.engine().tokens.keySet());
          return Promise.resolve();
        },
      },
    },
  ];
}
