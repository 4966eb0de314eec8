import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { Value } from "convex/values";
import { expect, test, vi } from "vitest";
import { CLI_TIMEOUT_MS, convex, projectForTools, serveForTools } from "../../fixtures/convexCli";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import type { EmbeddedServer } from "../server/server";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

const settingsOf = ({ apiUrl, adminKey }: EmbeddedServer) => ({
  CONVEX_SELF_HOSTED_URL: apiUrl,
  CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
});

const texts = (server: EmbeddedServer, author = "ada"): Promise<Value> =>
  server.run("messages:list", { author });

test("npx convex export writes a snapshot with stored files, which import reads into another server", async () => {
  const { server, run, project } = await serveForTools();
  await server.run("messages:seed", { author: "ada", count: 3 });
  const upload = await fetch((await server.run("messages:uploadUrl", {})) as string, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: "stored bytes",
  });
  const { storageId } = (await upload.json()) as { storageId: string };
  const file = join(temporaryDirectory(), "snapshot.zip");
  const exported = await run("export", "--path", file, "--include-file-storage");
  expect([exported.code, exported.stderr]).toEqual([
    0,
    expect.stringContaining("Downloaded snapshot export"),
  ]);
  expect(statSync(file).size).toBeGreaterThan(0);

  const other = await serve({ project: projectForTools() });
  const imported = await convex(project, settingsOf(other.server), "import", file);
  expect([imported.code, imported.stderr]).toEqual([0, expect.stringContaining("Added 3 documents")]);
  expect(await texts(other.server)).toEqual(["message 1", "message 2", "message 3"]);
  const url = (await other.server.run("messages:fileUrl", { id: storageId })) as string;
  expect(await (await fetch(url)).text()).toBe("stored bytes");
  const again = await convex(project, settingsOf(other.server), "import", file);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("there are documents already")]);
  const unasked = await convex(project, settingsOf(other.server), "import", file, "--replace");
  expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining("3 documents will be deleted")]);
  await other.server.run("messages:send", { author: "ada", text: "late" });
  const replaced = await convex(project, settingsOf(other.server), "import", file, "--replace", "-y");
  expect([replaced.code, replaced.stderr]).toEqual([0, expect.stringContaining("Added 3 documents")]);
  expect(await texts(other.server)).toEqual(["message 1", "message 2", "message 3"]);
  await other.server.run("messages:send", { author: "ada", text: "after" });
  expect(await texts(other.server)).toEqual(["message 1", "message 2", "message 3", "after"]);
});

test("npx convex import reads CSV, JSON lines and JSON arrays, appends and replaces, all or nothing", async () => {
  const { server, run } = await serveForTools();
  const folder = temporaryDirectory();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const intoMessages = async (path: string, ...options: string[]) => {
    const { code, stderr } = await run("import", "--table", "messages", path, ...options);
    return { code, stderr };
  };
  const csv = file("a.csv", `author,text\nada,"one, ""quoted""\nline"\nada,two\n`);
  expect(await intoMessages(csv)).toEqual({
    code: 0,
    stderr: expect.stringContaining("Added 2 documents") as string,
  });
  expect(await texts(server)).toEqual(['one, "quoted"\nline', "two"]);
  const lines = file("b.jsonl", `{"author":"ada","text":"three"}\n{"author":"ada","text":"four"}\n`);
  expect(await intoMessages(lines, "--append")).toMatchObject({ code: 0 });
  expect(await texts(server)).toEqual(['one, "quoted"\nline', "two", "three", "four"]);
  const array = file("c.json", `[{"author":"ada","text":"five"}]`);
  expect(await intoMessages(array, "--replace", "-y")).toMatchObject({ code: 0 });
  expect(await texts(server)).toEqual(["five"]);
  const wrong = file("d.jsonl", `{"author":"ada","text":"six"}\n{"author":"ada","text":7}\n`);
  expect(await intoMessages(wrong, "--append")).toEqual({
    code: 1,
    stderr: expect.stringContaining("1 document does not match the schema of this project") as string,
  });
  const broken = file("e.jsonl", `{"author":"ada","text":"six"}\n{"author"\n`);
  expect(await intoMessages(broken, "--append")).toEqual({
    code: 1,
    stderr: expect.stringContaining("line 2 is not JSON") as string,
  });
  expect(await texts(server)).toEqual(["five"]);
});

test("queries see the data from before an import until it commits", async () => {
  const { server, project } = await serveForTools();
  await server.run("messages:seed", { author: "ada", count: 200 });
  const file = join(temporaryDirectory(), "messages.jsonl");
  const documents = Array.from({ length: 8_000 }, (_, i) =>
    JSON.stringify({ author: "ada", text: `new ${i}` }),
  );
  writeFileSync(file, documents.join("\n"));
  const progress = { ended: false };
  const importing = convex(
    project,
    settingsOf(server),
    ...["import", "--table", "messages", file, "--replace", "-y"],
  ).finally(() => (progress.ended = true));
  const seen = new Set<number>();
  while (!progress.ended) {
    seen.add(((await texts(server)) as string[]).length);
    // A cached result takes no turn of the event loop, so the import could not go on.
    await turn();
  }
  expect(await importing).toMatchObject({ code: 0 });
  seen.add(((await texts(server)) as string[]).length);
  expect([...seen]).toEqual([200, 8_000]);
});

test("an import that is not confirmed leaves nothing behind, and unknown imports are refused", async () => {
  const { server } = await serveForTools();
  const post = async (path: string, body: string) => {
    const headers = { authorization: `Convex ${server.adminKey}` };
    const response = await fetch(`${server.apiUrl}/api/${path}`, { method: "POST", headers, body });
    return [response.status, (await response.json()) as unknown] as const;
  };
  expect(await post("perform_import", `{"importId":"none"}`)).toMatchObject([
    404,
    { code: "ImportNotFound" },
  ]);
  expect(await post("import/upload_part?uploadToken=none&partNumber=1", "x")).toMatchObject([404, {}]);
  for (let i = 0; i < 8; i++) expect((await post("import/start_upload", ""))[0]).toBe(200);
  expect(await post("import/start_upload", "")).toMatchObject([400, { code: "TooManyImports" }]);
});
