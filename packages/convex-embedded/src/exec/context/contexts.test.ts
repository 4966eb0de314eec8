import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../../fixtures/serve";

test("changes that a function makes to its context are invisible to other calls", async () => {
  const { server } = await serve();
  for (let i = 0; i < 2; i++) expect(await server.run("calls:changeContext", {})).toEqual([]);
});

test("arguments and results are copies", async () => {
  const { server } = await serve();
  expect(await server.run("calls:keepArguments", {})).toEqual([{ list: [1, 3] }, { list: [1] }]);
});

test("results that are not plain data are handled as by convex/server", async () => {
  const { server } = await serve();
  const result = (what: string) => server.run("calls:returnOdd", { what });
  await expect(result("query")).rejects.toThrow("Return value is a Query. Results must be retrieved with");
  await expect(result("date")).rejects.toThrow(
    /Date .* is not a supported Convex type \(present at path \.when\[0\]/,
  );
  expect(await result("undefined")).toBeNull();
  expect(await result("bytes")).toEqual({ size: 2n ** 40n, bytes: new Uint8Array([1, 2]).buffer });
});

test("errors have the classes that functions import and the messages of convex/server", async () => {
  const { server } = await serve();
  expect(await server.run("calls:errorsOfItsOwn", {})).toEqual([
    true,
    expect.stringMatching(/^Date .* is not a supported Convex type/),
    expect.stringContaining("The arguments to a Convex function must be an object."),
    expect.any(String),
    expect.stringMatching(/^Date .* is not a supported Convex type/),
  ]);
});

test("a router with its own runRequest handles requests itself", async () => {
  const project = copyOf(BASIC);
  writeFileSync(
    join(project, "convex", "http.ts"),
    `import { httpActionGeneric, httpRouter } from "convex/server";
     const http = httpRouter();
     http.route({ path: "/", method: "GET", handler: httpActionGeneric(async () => new Response("route")) });
     const { runRequest } = http;
     http.runRequest = async (request, path) => {
       console.log("asked for " + path);
       return await runRequest(request, path);
     };
     export default http;`,
  );
  const { server, logged } = await serve({ project });
  expect(await (await fetch(server.url)).text()).toBe("route");
  expect(logged.map(({ message }) => message)).toContain("asked for /");
});

test.each(["new Proxy(object, {})", "Object.create(object)"])(
  "functions may wrap queries, ranges and the database in %s",
  async (wrapped) => {
    const project = copyOf(BASIC);
    writeFileSync(
      join(project, "convex", "wrapped.ts"),
      `import { internalMutationGeneric } from "convex/server";
       const wrap = (object) => ${wrapped};
       export const texts = internalMutationGeneric(async (ctx) => {
         const db = wrap(ctx.db);
         for (const text of ["a", "b", "c"]) await db.insert("notes", { text });
         const table = wrap(db.query("notes"));
         const lists = [
           await wrap(table.withIndex("by_creation_time", (q) => wrap(wrap(q).gt("_creationTime", 0)))).collect(),
           await wrap(table.order("desc")).take(2),
           await wrap(table.fullTableScan()).collect(),
           await wrap(wrap(table.filter((q) => q.eq(q.field("text"), "b")))).collect(),
           [await table.first()],
         ];
         for await (const note of wrap(table.order("asc"))) lists.push([note]);
         return lists.map((notes) => notes.map(({ text }) => text).join());
       });`,
    );
    const { server } = await serve({ project });
    const expected = ["a,b,c", "c,b", "a,b,c", "b", "a", "a", "b", "c"];
    expect(await server.run("wrapped:texts", {})).toEqual(expected);
  },
);
