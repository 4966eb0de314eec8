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
