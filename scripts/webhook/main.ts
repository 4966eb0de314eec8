/** Sends a signed test event to a running server: `npm run webhook -- stripe checkout.session.completed`. */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { SOURCES } from "../../convex/http/webhooks/webhooks.contract";
import { webhookSetting, webhookSettings } from "../../convex/lib/env.lib";
import { listen, type Listener } from "./listen";
import type { Make } from "./sender";
import { asForm, freshId, SENDERS, signedHeaders, type WebhookSource } from "./senders";

const USAGE = `npm run webhook -- SOURCE TYPE [options]
npm run webhook -- listen --key KEY [options]

  --url URL         the API (default http://127.0.0.1:3211)
  --secret SECRET   the source's secret (default: SOURCE_WEBHOOK_SECRET, from the environment or .env.local)
  --id ID           the event's id (default: a fresh one); a second event with the same id is a duplicate
  --copies N        sends the same event N times at once
  --form            sends the JSON in the field payload of a form, if the source does so
  --bad-signature   signs with a wrong secret
  --old             dates the signature ten minutes back

listen registers an endpoint for --events, then verifies and prints what the API sends to it until Ctrl-C. The API must run with
WEBHOOK_ALLOW_HTTP=1 on this machine.

  --key KEY         a key with the scope endpoints:write and those of the events
  --events LIST     the events, separated by commas (default *)

SOURCE and TYPE:
${Object.entries(SENDERS)
  .map(([source, { events }]) => `  ${source.padEnd(8)}${Object.keys(events).join(", ")}`)
  .join("\n")}`;

const MINUTE = 60_000;

/** An error in the use of the command. Its message has the reason and the remedy. */
class Refusal extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = options();
  const [source, type = ""] = positionals;
  if (values.help || source === undefined) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  if (source === "listen") return listenUntilSignal(values);
  const known = knownSource(source);
  const make = makeOf(known, type);
  const copies = Number(values.copies);
  if (!Number.isInteger(copies) || copies < 1)
    throw new Refusal(`--copies takes a number from 1 on, not '${values.copies}'.`);
  const secret = values.secret ?? secretOf(source);
  if (secret === undefined)
    throw new Refusal(`Set ${webhookSetting(source)} in .env.local, for the server too, or give --secret.`);

  const now = Date.now() - (values.old ? 10 * MINUTE : 0);
  const id = values.id ?? freshId(known);
  const json = JSON.stringify(make({ id, type, now }));
  if (values.form && !SENDERS[known].form)
    throw new Refusal(`${source} does not send forms: leave out --form.`);
  const form = values.form ? asForm(json) : undefined;
  const body = form?.body ?? json;
  const signing = values["bad-signature"] ? wrongSecret(secret) : secret;
  const signed = signedHeaders({ source: known, type, id, body, secret: signing, now });
  const headers = { ...signed, ...form?.headers };
  const url = `${values.url}/webhooks/${source}`;
  const replies = await Promise.all(
    Array.from({ length: copies }, () => post(url, { method: "POST", body, headers })),
  );
  for (const reply of replies) console.log(`${id}  ${reply.status}  ${(await reply.text()).trim()}`);
  return replies.every(({ ok }) => ok) ? 0 : 1;
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        url: { type: "string", default: "http://127.0.0.1:3211" },
        secret: { type: "string" },
        id: { type: "string" },
        copies: { type: "string", default: "1" },
        form: { type: "boolean", default: false },
        "bad-signature": { type: "boolean", default: false },
        old: { type: "boolean", default: false },
        key: { type: "string" },
        events: { type: "string", default: "*" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error });
  }
}

async function listenUntilSignal({
  url,
  key,
  events,
}: {
  url: string;
  key?: string;
  events: string;
}): Promise<number> {
  if (key === undefined) throw new Refusal("listen needs --key: a key with the scope endpoints:write.");
  const print = (line: string) => {
    console.log(line);
  };
  let listener: Listener;
  try {
    listener = await listen({ url, key, events: events.split(","), print });
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error });
  }
  await new Promise((stop) => process.once("SIGINT", stop).once("SIGTERM", stop));
  await listener.close();
  return 0;
}

function knownSource(source: string): WebhookSource {
  if (isSource(source)) return source;
  const known = `Known are ${Object.keys(SENDERS).join(", ")}.`;
  throw new Refusal(
    Object.hasOwn(SOURCES, source)
      ? `scripts/webhook/senders.ts does not know how ${source} signs: add a row to SENDERS there. ${known}`
      : `Unknown source '${source}'. ${known}`,
  );
}

const isSource = (name: string): name is WebhookSource => Object.hasOwn(SENDERS, name);

function makeOf(source: WebhookSource, type: string): Make {
  const { events } = SENDERS[source];
  const make = Object.hasOwn(events, type) ? events[type] : undefined;
  if (make !== undefined) return make;
  throw new Refusal(`Unknown type '${type}' of ${source}. Known are ${Object.keys(events).join(", ")}.`);
}

async function post(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { cause } = error as Error;
    const reason = cause instanceof Error && cause.message !== "" ? cause.message : String(error);
    throw new Refusal(`Nothing answers at ${url} (${reason}). Start the server, or give its --url.`, {
      cause: error,
    });
  }
}

/** Returns a wrong secret in the same format. The last characters stay, because they may be base64 padding. */
function wrongSecret(secret: string): string {
  const at = Math.max(0, secret.length - 4);
  return secret.slice(0, at) + (secret[at] === "A" ? "B" : "A") + secret.slice(at + 1);
}

function secretOf(source: string): string | undefined {
  const file = existsSync(".env.local") ? parseEnv(readFileSync(".env.local", "utf8")) : {};
  const values = webhookSettings(source).map((name) => process.env[name] ?? file[name]);
  return values
    .find((value) => value?.trim())
    ?.split(",")[0]
    ?.trim();
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`${error.message}\nFor help, run: npm run webhook -- --help`);
  process.exitCode = 2;
}
