/** A real nginx with the configuration of deploy/nginx, in front of a server of the test. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { endsWithTest } from "../../packages/convex-embedded/fixtures/child";
import { freePort } from "../lib/freePort";
import type { ServerProcess } from "../lib/server";
import { temporaryDirectory } from "../lib/testServer";

const CONFIGURATION = resolve(import.meta.dirname, "../../deploy/nginx");

/**
 * Starts nginx without certificates.
 *
 * @param changed returns a file of the configuration with an operator's changes.
 * @returns the port that serves all hosts of the configuration.
 */
export async function startNginx(
  { url, apiUrl }: ServerProcess,
  changed: (site: string) => string = (site) => site,
): Promise<number> {
  const directory = temporaryDirectory();
  const [port, redirectPort] = [await freePort(), await freePort()];
  const sites = ["api.conf", "convex.conf"].map((name) =>
    changed(readFileSync(join(CONFIGURATION, name), "utf8"))
      .replaceAll("127.0.0.1:3211", new URL(url).host)
      .replaceAll("127.0.0.1:3210", new URL(apiUrl).host)
      .replaceAll("listen 443 ssl;", `listen 127.0.0.1:${port};`)
      .replaceAll("listen 80;", `listen 127.0.0.1:${redirectPort};`)
      .replaceAll(/^ *ssl_.*$/gm, ""),
  );
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const file = join(directory, "nginx.conf");
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${directory}/pid; error_log stderr;
    events {}
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join("\n")}
      ${sites.join("\n")}
    }`,
  );
  const nginx = endsWithTest(
    spawn("nginx", ["-p", directory, "-c", file, "-e", "stderr"], { stdio: ["ignore", "ignore", "pipe"] }),
  );
  let errors = "";
  nginx.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = once(nginx, "close").then(() => {
    throw new Error(`nginx ended:\n${errors}`);
  });
  ended.catch(() => undefined);
  await Promise.race([accepting(port), ended]);
  return port;
}

/** Resolves when the port accepts a connection. */
async function accepting(port: number): Promise<void> {
  for (let open = true; open;) {
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    open = await new Promise((settle) => {
      socket.once("connect", () => settle(false));
      socket.once("error", () => setImmediate(settle, true));
    });
    socket.destroy();
  }
}
