/** Contracts that must not compile. An `@ts-expect-error` without an error below it fails the compilation. */
import { docsOnly } from "#docsOnly";
import { expect, expectTypeOf, test } from "vitest";
import type { Registry } from "./api.kit";
import { contract, type PathNames, type Shape } from "./contract.kit";
import { implement, type Call } from "./implement.kit";
import { id } from "./values.kit";

const about = { tag: "Things", summary: "A thing", description: "Of some kind." };
const Thing = docsOnly(({ z }) => z.object({ id: z.string(), size: z.exactOptional(z.number()) }));

const getThing = contract("get", "/api/things/:thingId", () => ({
  operationId: "getThing",
  scope: "jobs:read",
  conditional: true,
  params: { thingId: id() },
  docs: docsOnly(() => ({ ...about, replies: { 200: Thing() } })),
}));
const createThing = contract("post", "/api/things", () => ({
  operationId: "createThing",
  scope: "jobs:write",
  body: { type: "json", schema: ({ z }) => z.strictObject({ size: z.number() }) },
  docs: docsOnly(() => ({ ...about, replies: { 201: Thing() } })),
}));
const listThings = contract("get", "/api/things", () => ({
  operationId: "listThings",
  scope: null,
  paged: true,
  docs: docsOnly(({ z }) => ({ ...about, replies: { 200: z.array(Thing()) } })),
}));

const _listShelves = contract("get", "/api/shelves", () => ({
  operationId: "listShelves",
  scope: null,
  paged: {
    filters: ({ z }) => ({ state: z.enum(["full", "empty"]), room: z.string() }),
    together: [["state", "room"]],
  },
  docs: docsOnly(({ z }) => ({ ...about, replies: { 200: z.array(Thing()) } })),
}));
const deleteThing = contract("delete", "/api/things/:thingId", () => ({
  operationId: "deleteThing",
  scope: "any",
  params: { thingId: id() },
  docs: docsOnly(() => ({ ...about, replies: { 204: null } })),
}));

/** Only compiles its argument and never calls it. */
const compiled = (_: () => unknown) => expect(true).toBe(true);
declare const api: Registry;

const rest = { operationId: "x", docs: docsOnly(() => ({ ...about, replies: { 200: Thing() } })) };

test("a contract is data: method, path, and the rest when asked", () => {
  expect(getThing).toMatchObject({ method: "get", path: "/api/things/:thingId" });
  expect(getThing.spec()).toMatchObject({ operationId: "getThing", scope: "jobs:read", conditional: true });
});

test("the names of a path are known to the compiler", () => {
  expectTypeOf<PathNames<"/a/:b/c/:d">>().toEqualTypeOf<"b" | "d">();
  expectTypeOf<PathNames<"/a/:b">>().toEqualTypeOf<"b">();
  expectTypeOf<PathNames<"/a">>().toEqualTypeOf<never>();
  expectTypeOf<PathNames<"/a/*b">>().toEqualTypeOf<"b">();
  expectTypeOf<PathNames<"/a/:b/c/*d">>().toEqualTypeOf<"b" | "d">();
});

test("a name in the path needs a schema, and a schema its name", () => {
  const b = id();
  compiled(() => [
    contract("get", "/a/:b", () => ({ ...rest, scope: null, params: { b } })),
    // @ts-expect-error -- there are no params
    contract("get", "/a/:b", () => ({ ...rest, scope: null })),
    // @ts-expect-error -- `b` has no schema
    contract("get", "/a/:b", () => ({ ...rest, scope: null, params: {} })),
    // @ts-expect-error -- the second name has no schema
    contract("get", "/a/:b/:c", () => ({ ...rest, scope: null, params: { b } })),
    // @ts-expect-error -- the path has no `c`
    contract("get", "/a/:b", () => ({ ...rest, scope: null, params: { b, c: id() } })),
    // @ts-expect-error -- the path has no name at all
    contract("get", "/a", () => ({ ...rest, scope: null, params: { b } })),
    // @ts-expect-error -- a path begins with a slash
    contract("get", "a", () => ({ ...rest, scope: null })),
  ]);
});

test("a scope has to exist and to be said", () => {
  compiled(() => [
    // @ts-expect-error -- there is no such scope
    contract("get", "/a", () => ({ ...rest, scope: "jobs:fly" })),
    // @ts-expect-error -- nothing is public by omission
    contract("get", "/a", () => ({ ...rest })),
    // @ts-expect-error -- `*` is for credentials, not for routes
    contract("get", "/a", () => ({ ...rest, scope: "*" })),
  ]);
});

test("a contract accepts only known fields, methods and statuses", () => {
  compiled(() => [
    // @ts-expect-error -- `idempotant` is a typo
    contract("post", "/a", () => ({ ...rest, scope: null, idempotant: true })),
    // @ts-expect-error -- a flag is there or not; it is never false
    contract("get", "/a", () => ({ ...rest, scope: null, paged: false })),
    // @ts-expect-error -- no such method
    contract("fetch", "/a", () => ({ ...rest, scope: null })),
  ]);
});

test("a handler answers only what its contract declares", () => {
  compiled(() => {
    const ETag = '"1"';
    implement(api, getThing, (c) => Promise.resolve(c.json({ id: "a", size: 1 }, 200, { ETag })));
    // @ts-expect-error -- 201 is not declared
    implement(api, getThing, (c) => Promise.resolve(c.json({ id: "a" }, 201, { ETag })));
    // @ts-expect-error -- `id` is missing
    implement(api, getThing, (c) => Promise.resolve(c.json({ size: 1 }, 200, { ETag })));
    // @ts-expect-error -- a number is no id
    implement(api, getThing, (c) => Promise.resolve(c.json({ id: 1 }, 200, { ETag })));
    // @ts-expect-error -- `secret` is not declared
    implement(api, getThing, (c) => Promise.resolve(c.json({ id: "a", secret: "b" }, 200, { ETag })));
    // @ts-expect-error -- absent, not undefined
    implement(api, getThing, (c) => Promise.resolve(c.json({ id: "a", size: undefined }, 200, { ETag })));
    // @ts-expect-error -- 200 has a body
    implement(api, getThing, (c) => Promise.resolve(c.body(null, 200, { ETag })));
    // @ts-expect-error -- not a reply of this contract
    implement(api, getThing, () => Promise.resolve(new Response("{}")));
    implement(api, deleteThing, (c) => Promise.resolve(c.body(null, 204)));
    // @ts-expect-error -- 204 has none
    implement(api, deleteThing, (c) => Promise.resolve(c.json({ id: "a" }, 204)));
  });
});

test("a reply that is written already is handed on as it is, and no other", () => {
  const showThing = contract("get", "/thing", () => ({
    operationId: "showThing",
    scope: null,
    docs: docsOnly(({ reply }) => ({ ...about, replies: { 200: reply.text("text/html") } })),
  }));
  compiled(() => {
    const headers = { "Content-Type": "text/html" } as const;
    implement(api, showThing, (c) => Promise.resolve(c.body("<p>", 200, headers)));
    // @ts-expect-error -- a page is no JSON
    implement(api, showThing, (c) => Promise.resolve(c.json("<p>", 200)));
    // @ts-expect-error -- what type it is has to be said
    implement(api, showThing, (c) => Promise.resolve(c.body("<p>", 200)));
    // @ts-expect-error -- its contract declares a value
    implement(api, listThings, (c) => Promise.resolve(c.body("[]", 200, headers)));
  });
});

test("a handler sends the headers that its contract promises", () => {
  compiled(() => {
    implement(api, createThing, (c) =>
      Promise.resolve(c.json({ id: "a" }, 201, { Location: "/api/things/a" })),
    );
    // @ts-expect-error -- 201 says where
    implement(api, createThing, (c) => Promise.resolve(c.json({ id: "a" }, 201)));
    // @ts-expect-error -- a conditional resource has an ETag
    implement(api, getThing, (c) => Promise.resolve(c.json({ id: "a" }, 200)));
    // @ts-expect-error -- and not another header instead
    implement(api, getThing, (c) => Promise.resolve(c.json({ id: "a" }, 200, { Location: "/" })));
    implement(api, listThings, (c) =>
      Promise.resolve(c.json([{ id: "a" }], 200, c.var.page.link(undefined))),
    );
    // @ts-expect-error -- a paged list links to its next page
    implement(api, listThings, (c) => Promise.resolve(c.json([{ id: "a" }], 200)));
  });
});

test("a handler sees validated input only, and a caller only where there is one", () => {
  compiled((): unknown => {
    const get = {} as Call<typeof getThing>;
    const create = {} as Call<typeof createThing>;
    const list = {} as Call<typeof listThings>;
    const filtered = {} as Call<typeof _listShelves>;
    expectTypeOf(filtered.var.page.request.state).toEqualTypeOf<"full" | "empty" | undefined>();
    expectTypeOf(filtered.var.page.request.room).toEqualTypeOf<string | undefined>();
    expectTypeOf(filtered.var.page.request.limit).toEqualTypeOf<number>();
    const thingId: string = get.req.valid("param").thingId;
    const size: number = create.req.valid("json").size;
    expectTypeOf(get.req.valid("json")).toEqualTypeOf<never>();
    expectTypeOf(list.var.caller).toEqualTypeOf<undefined>();
    expectTypeOf(get.var.page).toEqualTypeOf<undefined>();
    expectTypeOf<Shape<typeof Thing>>().toEqualTypeOf<{ id: string; size?: number }>();
    return [
      [thingId, size],
      // @ts-expect-error -- the path has no such name
      get.req.valid("param").itemId,
      // @ts-expect-error -- the body has no such field
      create.req.valid("json").colour,
      // @ts-expect-error -- a public route has no caller
      list.var.caller.userId,
    ];
  });
});
