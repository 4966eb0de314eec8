/** Serves a built frontend, and an empty page, `/blank`, at every host. */
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Record<string, string> = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript" };

export type Pages = {
  /** Returns the origin of the pages for a host such as `app.localhost`. All of them resolve to this machine. */
  origin: (host: string) => string;
  close: () => void;
};

/** @param directory that holds `index.html`. */
export async function servePages(directory: string): Promise<Pages> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/blank") {
      response
        .setHeader("Content-Type", "text/html")
        .end("<!doctype html><link rel=icon href=data:,><title>blank</title>");
      return;
    }
    const file = join(directory, pathname === "/" ? "index.html" : pathname);
    if (!existsSync(file)) response.writeHead(404).end();
    else response.setHeader("Content-Type", TYPES[extname(file)] ?? "text/plain").end(readFileSync(file));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: (host) => `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
