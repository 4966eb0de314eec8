/**
 * A server for tests over HTTP: a project's functions on real sockets and a real data directory.
 *
 * ```ts
 * const server = await startServer({ project: process.cwd(), data: directory, port: 0 });
 * const reply = await fetch(`${server.url}/hello`);
 * await server.close();
 * ```
 */
export type { EmbeddedServer } from "../server/server";
export { startServer } from "../server/server";
export type { ServerOptions } from "../server/serverOptions";
