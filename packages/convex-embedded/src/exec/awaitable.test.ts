import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";

test("a query may await cryptography, streams and WebAssembly of Node", async () => {
  const project = copyOf(BASIC);
  writeFileSync(
    join(project, "convex", "awaiting.ts"),
    `import { internalQueryGeneric } from "convex/server";
     export const all = internalQueryGeneric(async () => {
       const password = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
       // Takes longer than the time after which a function counts as stuck.
       const derive = { name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 1_000_000 };
       const bits = await crypto.subtle.deriveBits(derive, password, 256);
       const blob = new Blob([new Uint8Array(1_000_000)]);
       const empty = await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
       return [bits.byteLength, (await new Response(blob.stream()).arrayBuffer()).byteLength, typeof empty.instance];
     });`,
  );
  const { server } = await serve({ project, limits: { userMs: 60_000 } });
  expect(await server.run("awaiting:all", {})).toEqual([32, 1_000_000, "object"]);
});
