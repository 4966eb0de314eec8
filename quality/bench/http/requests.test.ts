import { expect, test } from "vitest";
import { SOURCES } from "../../../scripts/webhook/senders";
import { KINDS } from "./mix";
import { Requests } from "./requests";

const requests = new Requests({ port: 1, key: "secret", ids: ["one"], pages: ["/api/items?limit=20"] });

test.each(KINDS)("a request of kind %s is complete", (kind) => {
  const { text } = requests.of(kind);
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  expect(Number(length ?? 0)).toBe(Buffer.byteLength(body));
  expect(head).toMatch(/^(GET|POST|PATCH) \/(api|webhooks)\/\S+ HTTP\/1\.1\r\n/);
  expect(head.includes("X-API-Key: secret")).toBe(kind !== "webhook");
});

test("all webhooks differ, and the sources alternate", () => {
  requests.sign(SOURCES.length);
  const texts = Array.from({ length: 2 * SOURCES.length }, () => requests.of("webhook").text);
  expect(new Set(texts).size).toBe(texts.length);
  const sources = texts.map((text) => /^POST \/webhooks\/(\w+)/.exec(text)?.[1]).sort();
  expect(sources).toEqual([...SOURCES, ...SOURCES].sort());
});
