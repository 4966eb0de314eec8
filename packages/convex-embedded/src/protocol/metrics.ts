/** `GET /metrics`: the metrics of the server for Prometheus. */
import type { IncomingMessage } from "node:http";
import { clientAddress } from "../http/clientAddress";
import { isLoopbackHost } from "../http/allowedOrigins";
import type { ApiRoute } from "../http/api";
import { CONTENT_TYPE } from "../metrics/exposition";
import { isAllowedAddress } from "../web/addressRules";
import { requireAdmin } from "./caller";
import type { Deployment } from "./deployment";

/** Headers that a proxy adds. Its clients are elsewhere, although its own connection comes from this machine. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

export function metricsRoutes(deployment: Deployment): readonly ApiRoute[] {
  const send: ApiRoute["methods"][string] = async ({ incoming, outgoing }) => {
    const { open, text } = deployment.metrics;
    if (!open || !isLocal(incoming)) requireAdmin(deployment, incoming);
    const body = await text();
    outgoing.setHeader("cache-control", "no-store");
    outgoing.setHeader("content-type", CONTENT_TYPE);
    outgoing.setHeader("content-length", Buffer.byteLength(body));
    outgoing.writeHead(200).end(body);
  };
  return [{ path: /^\/metrics$/, methods: { GET: send, HEAD: send } }];
}

/**
 * True for a request from a program on this machine. `Host` must name this machine: the name of a web page that resolves to a
 * loopback address (DNS rebinding) does not.
 */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  const address = clientAddress(socket.remoteAddress, headers, 0) ?? "";
  const hostname = (headers.host ?? "").replace(/:\d+$/, "");
  return (
    isLoopbackAddress(address) &&
    isLoopbackHost(hostname) &&
    FORWARDED.every((name) => headers[name] === undefined)
  );
}

/** Loopback addresses are those that only the permission for loopback addresses allows. */
function isLoopbackAddress(address: string): boolean {
  return !isAllowedAddress(address, false) && isAllowedAddress(address, true);
}
