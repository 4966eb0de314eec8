/** Sends a signed test event to a running server: `npm run webhook -- stripe checkout.session.completed`. */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { SOURCES } from "../../convex/http/webhooks/webhooks.contract";
import { webhookSetting } from "../../convex/lib/env.lib";
import type { Make } from "./events";
import { idOf, SENDERS, type Sender } from "./senders";
import { hmac } from "./sign";

const USAGE = `npm run webhook -- SOURCE TYPE [options]

  --url URL         the API (default http://127.0.0.1:3211)
  --secret SECRET   the source's secret (default: SOURCE_WEBHOOK_SECRET, from the environment or .env.local)
  --id ID           the event's id (default: a fresh one); sent again, it is a duplicate
  --copies N        sends the same event N times at once
  --bad-signature   signs with another secret
  --old             signs ten minutes ago

SOURCE and TYPE:
${Object.entries(SENDERS)
  .map(([source, { events }]) => `  ${source.padEnd(8)}${Object.keys(events).join(", ")}`)
  .join("\n")}`;

const MINUTE = 60_000;

/** What keeps an event from being sent, and what to do about it. */
class Refusal extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = options();
  const [source, type = ""] = positionals;
  if (values.help || source === undefined) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const sender = senderOf(source);
  const make = eventOf(source, sender, type);
  const copies = Number(values.copies);
  if (!Number.isInteger(copies) || copies < 1)
    throw new Refusal(`--copies takes a number from 1 on, not '${values.copies}'.`);
  const secret = values.secret ?? secretOf(source);
  if (secret === undefined)
    throw new Refusal(`Set ${webhookSetting(source)} in .env.local, for the server too, or give --secret.`);

  const now = Date.now() - (values.old ? 10 * MINUTE : 0);
  const id = values.id ?? idOf(sender);
  const body = JSON.stringify(make({ id, type, now }));
  const signing = values["bad-signature"] ? other(secret) : secret;
  const event = { type, id, body, secret: signing, now, hmac: (text: string) => hmac(signing, text) };
  const headers = { "Content-Type": "application/json", ...sender.headers(event) };
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
        "bad-signature": { type: "boolean", default: false },
        old: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error });
  }
}

function senderOf(source: string): Sender {
  const sender = Object.hasOwn(SENDERS, source) ? SENDERS[source] : undefined;
  if (sender !== undefined) return sender;
  const known = `Known are ${Object.keys(SENDERS).join(", ")}.`;
  throw new Refusal(
    Object.hasOwn(SOURCES, source)
      ? `How ${source} signs is not known here: add a row to SENDERS in scripts/webhook/senders.ts. ${known}`
      : `Unknown source '${source}'. ${known}`,
  );
}

function eventOf(source: string, { events }: Sender, type: string): Make {
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

/** A secret of the same form that signs otherwise. The last characters stay: in base64 they may be padding. */
function other(secret: string): string {
  const at = Math.max(0, secret.length - 4);
  return secret.slice(0, at) + (secret[at] === "A" ? "B" : "A") + secret.slice(at + 1);
}

function secretOf(source: string): string | undefined {
  const file = existsSync(".env.local") ? parseEnv(readFileSync(".env.local", "utf8")) : {};
  const name = webhookSetting(source);
  return (process.env[name] ?? file[name])?.split(",")[0]?.trim();
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`${error.message}\nnpm run webhook -- --help tells more.`);
  process.exitCode = 2;
}
