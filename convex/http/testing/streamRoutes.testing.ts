/** Routes that stream, for tests. The same routes run in the process of a test and on the embedded runtime. */
import { docsOnly } from "#docsOnly";
import { fail } from "../../lib/failure.lib";
import type { Registry } from "../kit/api.kit";
import { contract } from "../kit/contract.kit";
import { implement } from "../kit/implement.kit";
import { events, ndjson } from "../kit/streams.kit";

const docs = { tag: "Test", summary: "A stream", description: "For tests." };
const route = { scope: null, unlimited: true } as const;
const Row = docsOnly(({ whole, z }) => z.object({ n: whole(), text: z.string() }));

export const getLines = contract("get", "/api/test/lines", () => ({
  ...route,
  operationId: "getLines",
  query: ({ z, wholeNumber }) => ({
    count: wholeNumber(0, 1_000_000),
    size: z.exactOptional(wholeNumber(0, 1_000_000)),
    failAt: z.exactOptional(wholeNumber(0, 1_000_000)),
    refuseAt: z.exactOptional(wholeNumber(0, 1_000_000)),
    waitAt: z.exactOptional(wholeNumber(0, 1_000_000)),
    maxBytes: z.exactOptional(wholeNumber(1, 100_000_000)),
    endAfterMs: z.exactOptional(wholeNumber(1, 100_000)),
  }),
  docs: docsOnly(({ reply, whole, z }) => ({
    ...docs,
    replies: {
      200: reply.ndjson(Row(), {
        last: z.object({ next: whole() }),
        headers: { "X-Rows": { schema: whole(), description: "The number of rows.", example: 3 } },
      }),
    },
    examples: { replies: { 200: { n: 0, text: "a" } } },
  })),
}));

/** Lines without a declared last line. */
export const getEndless = contract("get", "/api/test/endless", () => ({
  ...route,
  operationId: "getEndless",
  docs: docsOnly(({ reply }) => ({ ...docs, replies: { 200: reply.ndjson(Row()) } })),
}));

export const getEvents = contract("get", "/api/test/events", () => ({
  ...route,
  operationId: "getEvents",
  query: ({ z, wholeNumber }) => ({
    endAfterMs: z.exactOptional(wholeNumber(1, 100_000)),
    refuse: z.exactOptional(wholeNumber(0, 1)),
  }),
  docs: docsOnly(({ reply, z }) => ({
    ...docs,
    replies: {
      200: reply.events({
        hello: z.object({ lastEventId: z.exactOptional(z.string()) }),
        message: z.object({ text: z.string() }),
      }),
    },
    examples: { replies: { 200: { event: "hello", id: "1", data: {} } } },
  })),
}));

export const postText = contract("post", "/api/test/texts", () => ({
  ...route,
  operationId: "postText",
  body: { type: "json", schema: ({ z }) => z.strictObject({ text: z.string() }) },
  docs: docsOnly(() => ({ ...docs, replies: { 204: null } })),
}));

export const getState = contract("get", "/api/test/state", () => ({
  ...route,
  operationId: "getState",
  docs: docsOnly(({ whole, z }) => ({
    ...docs,
    replies: { 200: z.object({ pulled: whole(), returned: whole(), aborted: whole() }) },
  })),
}));

export const STREAM_CONTRACTS = [getLines, getEndless, getEvents, postText, getState];

/** The rows that sources were asked for, the sources that were returned, and those whose signal aborted. */
export const state = { pulled: 0, returned: 0, aborted: 0 };
const texts: string[] = [];
let wake: (() => void) | undefined;

/** Waits for the next text, or returns undefined when the signal aborts. Only one source waits at a time. */
async function nextText(signal: AbortSignal): Promise<string | undefined> {
  while (texts.length === 0 && !signal.aborted) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
  return texts.shift();
}

/** Gives a text to the source that waits for one, or to the next. */
export function send(text: string): void {
  texts.push(text);
  wake?.();
}

/** Forgets what earlier tests have left. */
export function reset(): void {
  texts.length = 0;
  Object.assign(state, { pulled: 0, returned: 0, aborted: 0 });
}

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));

export function streamRoutes(api: Registry): void {
  implement(api, getLines, (c) => {
    const query = c.req.valid("query");
    const limits = { maxBytes: numberOf(query.maxBytes), endAfterMs: numberOf(query.endAfterMs) };
    return ndjson(c, {
      async *lines({ signal }) {
        signal.addEventListener("abort", () => state.aborted++, { once: true });
        try {
          for (let n = 0; n < Number(query.count); n++) {
            state.pulled++;
            if (n === numberOf(query.failAt)) throw new Error("secret");
            if (n === numberOf(query.refuseAt)) fail("not_found", "No such row");
            if (n === numberOf(query.waitAt)) await nextText(signal);
            yield { n, text: "x".repeat(Number(query.size ?? 1)) };
          }
        } finally {
          state.returned++;
        }
      },
      last: (row) => ({ next: (row?.n ?? -1) + 1 }),
      headers: { "X-Rows": "3" },
      ...(limits.maxBytes !== undefined && { maxBytes: limits.maxBytes }),
      ...(limits.endAfterMs !== undefined && { endAfterMs: limits.endAfterMs }),
    });
  });

  implement(api, getEndless, (c) =>
    ndjson(c, {
      async *lines() {
        for (let n = 0; ; n++) yield await Promise.resolve({ n, text: "x" });
      },
      maxBytes: 100,
    }),
  );

  implement(api, getEvents, (c) => {
    const { endAfterMs, refuse } = c.req.valid("query");
    return events(c, {
      async *events({ lastEventId, signal }) {
        signal.addEventListener("abort", () => state.aborted++, { once: true });
        if (refuse === "1") fail("not_found", "No such topic");
        try {
          yield { event: "hello", id: "1", data: lastEventId === undefined ? {} : { lastEventId } };
          for (let text = await nextText(signal); text !== undefined; text = await nextText(signal)) {
            if (text === "fail") throw new Error("secret");
            yield { data: { text } };
          }
        } finally {
          state.returned++;
        }
      },
      heartbeatMs: 20,
      ...(endAfterMs !== undefined && { endAfterMs: Number(endAfterMs) }),
    });
  });

  implement(api, postText, (c) => {
    send(c.req.valid("json").text);
    return Promise.resolve(c.body(null, 204));
  });

  implement(api, getState, (c) => Promise.resolve(c.json(state, 200)));
}
