/** A deployment for one run: the embedded runtime with every secret set. Its data is deleted at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "convex-embedded/testing/server";
import { issuerSettings, openIssuer, signingKey, tokenFor, type Issuer } from "../lib/issuer";
import { newWebhookSecrets, webhookSettings } from "../lib/secrets";
import { ServerProcess } from "../lib/server";
import type { AdoptedApp } from "./adopted";
import { OWN_DOCUMENT, type Given } from "./options";

type Deployment = { given: Given; close: () => Promise<void> };
type Server = { url: string; key: string | undefined; close: () => Promise<unknown> };
type Settings = Record<string, string>;

/** Starts a deployment of an app that has adopted the API, or of the project in the current directory. */
export async function startDeployment(app?: AdoptedApp): Promise<Deployment> {
  const data = mkdtempSync(join(tmpdir(), "e2e-"));
  const signer = await signingKey("e2e");
  const issuer = await openIssuer([signer]);
  const accepted = acceptedSettings(app, issuer);
  const user = { name: "Token Holder", email: "token@example.com" };
  const token = accepted && (await tokenFor(issuer, signer, user, accepted.audience));
  const secrets = newWebhookSecrets();
  const settings = { ...webhookSettings(secrets), ...accepted?.settings };
  const server = await (app ? servedBy(app, data, settings) : ownServer(data, settings));
  const document = app?.document ?? OWN_DOCUMENT;
  return {
    given: {
      ...{ baseUrl: server.url, document, direct: true, key: server.key },
      ...{ token, origin: undefined, secrets },
    },
    close: async () => {
      await server.close();
      issuer.close();
      rmSync(data, { recursive: true });
    },
  };
}

/** Returns the settings that make a deployment accept an issuer, or undefined if the app's `auth.config.ts` reads none of them. */
function acceptedSettings(
  app: AdoptedApp | undefined,
  issuer: Issuer,
): { settings: Settings; audience?: string } | undefined {
  const reads = (name: string) => app === undefined || app.authConfig.includes(name);
  if (reads("OIDC_ISSUER")) return { settings: issuerSettings(issuer) };
  // The setting and the audience in the guides of Convex and Clerk.
  if (reads("CLERK_JWT_ISSUER_DOMAIN"))
    return { settings: { CLERK_JWT_ISSUER_DOMAIN: issuer.url }, audience: "convex" };
  return undefined;
}

async function ownServer(data: string, env: Settings): Promise<Server> {
  const server = await startServer({ project: process.cwd(), data, port: 0, env });
  const options = { name: "e2e", scopes: ["*"], email: "e2e@example.com" };
  // The return type of `apiKeys:issue`. With another one, the suites fail.
  const { key } = (await server.run("apiKeys:issue", options)) as { key: string };
  return { url: server.url, key, close: () => server.close() };
}

/** Serves an app as its owner does. The first start prints the key, unless the app has its own `firstStart`. */
async function servedBy(app: AdoptedApp, data: string, more: Settings): Promise<Server> {
  const { root, script } = app;
  const settings = { ...app.settings, ...more };
  const command = ["npm", "run", "--silent", script, "--"];
  const server = await ServerProcess.start({ command, cwd: root, data, settings });
  return { url: server.url, key: server.printed("key"), close: () => server.kill() };
}
