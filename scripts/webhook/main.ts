/** Sends a signed test event to a running server: `npm run webhook -- stripe checkout.session.completed`. */
import { parseArgs, parseEnv } from "node:util";
import { existsSync, readFileSync } from "node:fs";
import { EVENTS } from "./events";
import { freshId, signedHeaders, SOURCES, type WebhookSource } from "./sign";

const USAGE = `npm run webhook -- SOURCE TYPE [options]

  --url URL         the API (default http://127.0.0.1:3211)
  --secret SECRET   the source's secret (default: SOURCE_WEBHOOK_SECRET, from the environment or .env.local)
  --id ID           the event's id (default: a fresh one); sent again, it is a duplicate
  --copies N        sends the same event N times at once
  --bad-signature   signs with another secret
  --old             signs ten minutes ago

SOURCE and TYPE:
${SOURCES.map((source) => `  ${source.padEnd(8)}${Object.keys(EVENTS[source]).join(", ")}`).join("\n")}`;

const MINUTE = 60_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
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
  const [name = "", type = ""] = positionals;
  const source = SOURCES.find((one) => one === name);
  const make = source && EVENTS[source][type];
  const copies = Number(values.copies);
  if (values.help || !make || !Number.isInteger(copies) || copies < 1) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const secret = values.secret ?? secretOf(source);
  if (secret === undefined) {
    console.error(
      `Set ${source.toUpperCase()}_WEBHOOK_SECRET in .env.local, for the server too, or give --secret.`,
    );
    return 2;
  }

  const now = Date.now() - (values.old ? 10 * MINUTE : 0);
  const id = values.id ?? freshId(source);
  const body = JSON.stringify(make({ id, type, now }));
  const signing = values["bad-signature"] ? other(secret) : secret;
  const headers = signedHeaders({ source, type, id, body, secret: signing, now });
  const replies = await Promise.all(
    Array.from({ length: copies }, () =>
      fetch(`${values.url}/webhooks/${source}`, { method: "POST", body, headers }),
    ),
  );
  for (const reply of replies) console.log(`${id}  ${reply.status}  ${(await reply.text()).trim()}`);
  return replies.every(({ ok }) => ok) ? 0 : 1;
}

/** A secret of the same form that signs something else: the last character but one differs. */
function other(secret: string): string {
  const at = Math.max(0, secret.length - 4);
  return secret.slice(0, at) + (secret[at] === "A" ? "B" : "A") + secret.slice(at + 1);
}

function secretOf(source: WebhookSource): string | undefined {
  const file = existsSync(".env.local") ? parseEnv(readFileSync(".env.local", "utf8")) : {};
  const name = `${source.toUpperCase()}_WEBHOOK_SECRET`;
  return (process.env[name] ?? file[name])?.split(",")[0]?.trim();
}

process.exitCode = await main();
