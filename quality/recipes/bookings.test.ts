/** Follows the guides that build bookings, in the order of docs/guides/bookings.md, on one copy of the project. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { callerWith, type Caller } from "../../convex/http/testing/caller.testing";
import type { Send } from "../../openapi/contract/check";
import { Project } from "./project";

/** The suites that go over every route, every problem, every setting or every key. */
const SUITES = {
  embedded: [
    ...["security", "badInput", "badRequest", "cors", "lists", "idempotency", "injection", "keys/keys"].map(
      (name) => `convex/http/${name}.test.ts`,
    ),
    "convex/http/system",
  ],
  unit: [
    "convex/http/contracts.test.ts",
    "convex/http/kit/contract.test.ts",
    "convex/http/middleware/everyRoute.test.ts",
    "convex/identity/apiKey.test.ts",
    "openapi/document.test.ts",
    "openapi/problems.test.ts",
    "openapi/descriptions.test.ts",
    "scripts/doctor/documented.test.ts",
    "scripts/routes.test.ts",
  ],
};

test("the guides build a resource that passes the checks and every suite, and that does what they say", async () => {
  const project = await Project.copy();
  const files = await project.followAll(["bookings", ...linked(await project.guide("bookings"))]);
  expect(files).toContain("convex/http/bookings/photo.contract.ts");
  await project.lint(files);
  for (const [name, suites] of Object.entries(SUITES))
    await project.run("npx", "vitest", "run", "--project", name, ...suites);

  const prices = await priceService();
  await writeFile(join(project.directory, ".env.local"), `PRICES_URL=${prices.url}\n`, { flag: "a" });
  const { send, key } = await project.start();
  expect(key).toMatch(/^rooms_/);
  const call = callerWith(send, key);
  const id = await books(call, prices);
  await shows(call, send);
  await exports(call, id);
  await takesPhoto(call, send, { key, id });
});

/** Returns the guides that the numbered list of a guide links to, in order. */
const linked = (guide: string): string[] =>
  (guide.match(/^\d\. .*$/gm) ?? [])
    .flatMap((line) => [...line.matchAll(/\]\(([\w-]+)\.md\)/g)])
    .map(([, name = ""]) => name);

type Prices = { url: string; quoted: unknown[]; status: number };

/** Starts a price service that counts its quotes. It answers with `status`. */
async function priceService(): Promise<Prices> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      prices.quoted.push(JSON.parse(body));
      response.writeHead(prices.status).end(JSON.stringify({ cents: 12_000 }));
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const prices: Prices = { url: `http://127.0.0.1:${port}/quotes`, quoted: [], status: 200 };
  return prices;
}

const DAY = "2099-03-14";

/** Books a room. Returns the id of the booking. */
async function books(call: Caller, prices: Prices): Promise<string> {
  const book = (room: string, key: string) =>
    call("POST", "/api/bookings", { room, day: DAY }, { "Idempotency-Key": key });
  const first = await book("Blue room", "one");
  const booking = (await first.json()) as { id: string };
  expect([first.status, booking]).toMatchObject([201, { room: "Blue room", day: DAY, cents: 12_000 }]);
  const again = await book("Blue room", "one");
  expect([again.headers.get("idempotency-replayed"), await again.json()]).toEqual(["true", booking]);
  expect(prices.quoted).toEqual([{ room: "Blue room", day: DAY }]);

  expect(await (await book("Blue room", "two")).json()).toMatchObject({ status: 409, code: "conflict" });
  prices.status = 422;
  const refused = { status: 502, code: "price_failed", detail: "The price service answered 422" };
  expect(await (await book("Red room", "three")).json()).toMatchObject(refused);
  prices.status = 503;
  expect(await (await book("Red room", "four")).json()).toMatchObject({ status: 503, code: "unavailable" });
  prices.status = 200;
  const quotes = prices.quoted.length;
  // The refusal is replayed. After 503 nothing has happened, so the retry runs the work.
  expect(await (await book("Red room", "three")).json()).toMatchObject(refused);
  expect(prices.quoted).toHaveLength(quotes);
  expect((await book("Red room", "four")).status).toBe(201);
  return booking.id;
}

/** Reads the availability in both versions, and the public calendar. */
async function shows(call: Caller, send: Send): Promise<void> {
  const query = `room=Blue%20room&from=2099-03-13&to=${DAY}`;
  const first = await call("GET", `/api/bookings/availability?${query}`);
  expect(await first.json()).toEqual({ room: "Blue room", booked: [DAY] });
  expect(first.headers.get("link")).toContain('</api/v2/bookings/availability>; rel="successor-version"');
  const second = await call("GET", `/api/v2/bookings/availability?${query}`);
  expect(await second.json()).toEqual({ room: "Blue room", free: ["2099-03-13"] });
  const missing = await call("GET", "/api/bookings/availability?room=Blue%20room");
  expect(await missing.json()).toMatchObject({ status: 400, errors: [{ path: "from" }, { path: "to" }] });

  const calendar = await send("/api/bookings/calendar?room=Blue%20room");
  expect(calendar.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
  expect(calendar.headers.get("cache-control")).toContain("public, max-age=300");
  expect(await calendar.text()).toMatch(/\r\nDTSTART;VALUE=DATE:20990314\r\nSUMMARY:Booked\r\n/);
}

async function exports(call: Caller, id: string): Promise<void> {
  const reply = await call("GET", "/api/bookings/export");
  const lines = (await reply.text()).trimEnd().split("\n");
  expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ id }, { room: "Red room" }]);
}

async function takesPhoto(call: Caller, send: Send, { key, id }: { key: string; id: string }): Promise<void> {
  const put = (type: string) => {
    const body = new FormData();
    body.append("caption", "The view");
    body.append("photo", new File(["bytes"], "view.png", { type }));
    return send(`/api/bookings/${id}/photo`, { method: "PUT", headers: { "X-API-Key": key }, body });
  };
  const reply = await put("image/png");
  expect(reply.status).toBe(204);
  const file = await call("GET", `${reply.headers.get("location") ?? ""}/content`);
  expect([file.headers.get("content-type"), await file.text()]).toEqual(["image/png", "bytes"]);
  expect(await (await put("text/plain")).json()).toMatchObject({
    status: 400,
    errors: [{ in: "body", path: "photo" }],
  });
}
