import { expect, test } from "vitest";
import { serve } from "../../fixtures/serve";

const OTHER_ITEM = "j5791c2wm0pq6zv4h7ww1cgnchrwegws";

test("an inserted document can be read, with id and creation time", async () => {
  const now = 1_700_000_000_000;
  const { server } = await serve({ clock: () => now });
  const _id = (await server.run("items:create", { owner: "ada", name: "bolt", tags: ["a"] })) as string;
  expect(await server.run("items:get", { id: _id })).toEqual({
    _id,
    _creationTime: now,
    owner: "ada",
    name: "bolt",
    tags: ["a"],
  });
});

test("creation times increase while the clock stands still, and after a restart with the clock set back", async () => {
  const { server } = await serve({ clock: () => 1_700_000_000_000 });
  const ids = (await server.run("items:createMany", { owner: "ada", names: ["a", "b", "c"] })) as string[];
  await server.close();

  const again = await serve({ data: server.dataDirectory, clock: () => 1_600_000_000_000 });
  ids.push((await again.server.run("items:create", { owner: "ada", name: "d" })) as string);
  const times: number[] = [];
  for (const id of ids) {
    times.push(((await again.server.run("items:get", { id })) as { _creationTime: number })._creationTime);
  }
  expect(new Set(times).size).toBe(4);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("creation times do not continue after an imported document from the far future", async () => {
  const microseconds = 1_700_000_000_000_000;
  const { server } = await serve({ clock: () => microseconds });
  await server.run("items:create", { owner: "ada", name: "a" });
  await server.close();

  const now = 1_700_000_000_000;
  const again = await serve({ data: server.dataDirectory, clock: () => now });
  const id = (await again.server.run("items:create", { owner: "ada", name: "b" })) as string;
  expect(await again.server.run("items:get", { id })).toMatchObject({ _creationTime: now });
});

test("patch changes some fields and removes fields set to undefined, and replace changes all fields", async () => {
  const { server } = await serve();
  const id = (await server.run("items:create", {
    owner: "ada",
    name: "bolt",
    rank: 1,
    tags: ["a"],
  })) as string;

  await server.run("items:patch", { id, changes: { name: "nut" } });
  expect(await server.run("items:get", { id })).toMatchObject({ owner: "ada", name: "nut", rank: 1 });

  await server.run("items:clearRank", { id });
  expect(await server.run("items:get", { id })).not.toHaveProperty("rank");

  await server.run("items:replace", { id, owner: "bob", name: "gear" });
  const item = (await server.run("items:get", { id })) as Record<string, unknown>;
  expect(Object.keys(item).toSorted()).toEqual(["_creationTime", "_id", "name", "owner"]);
});

test("id and creation time cannot be changed", async () => {
  const { server } = await serve();
  const id = (await server.run("items:create", { owner: "ada", name: "bolt" })) as string;
  await expect(server.run("items:patch", { id, changes: { _creationTime: 1 } })).rejects.toThrow(
    /^Provided creation time CreationTime\([\d.]+\) doesn't match '_creationTime' field in \{_creationTime: 1\.0, _id: "/,
  );
  await expect(server.run("items:patch", { id, changes: { _id: "other" } })).rejects.toThrow(
    `Provided document ID "${id}" doesn't match '_id' field "other"`,
  );
  await server.run("items:patch", { id, changes: { _id: id, name: "nut" } });
});

test("a deleted document cannot be read, deleted or changed again", async () => {
  const { server } = await serve();
  const id = (await server.run("items:create", { owner: "ada", name: "bolt" })) as string;
  await server.run("items:remove", { id });
  expect(await server.run("items:get", { id })).toBeNull();
  await expect(server.run("items:remove", { id })).rejects.toThrow(`Delete on nonexistent document ID ${id}`);
  await expect(server.run("items:patch", { id, changes: {} })).rejects.toThrow(
    `Update on nonexistent document ID ${id}`,
  );
  await expect(server.run("items:replace", { id, owner: "ada", name: "nut" })).rejects.toThrow(
    `Replace on nonexistent document ID ${id}`,
  );
  await expect(server.run("items:remove", { id: "nonsense" })).rejects.toThrow(
    "Invalid argument `id` for `db.delete`: Unable to decode ID",
  );
});

test("an id of a table other than the given one is refused", async () => {
  const { server } = await serve();
  const note = (await server.run("calls:insertNote", { text: "x" })) as string;
  await expect(server.run("items:remove", { id: note })).rejects.toThrow(
    'Invalid argument `id` for `db.delete`: expected to be an Id<"items">, got Id<"notes"> instead.',
  );
});

test("normalizeId accepts only ids of the table", async () => {
  const { server } = await serve();
  const id = (await server.run("items:create", { owner: "ada", name: "bolt" })) as string;
  expect(await server.run("items:normalize", { table: "items", id })).toBe(id);
  for (const other of [id.toUpperCase(), `${id}0`, "", "nonsense"]) {
    expect(await server.run("items:normalize", { table: "items", id: other })).toBeNull();
  }
  expect(await server.run("items:normalize", { table: "notes", id })).toBeNull();
  expect(await server.run("items:normalize", { table: "nowhere", id: OTHER_ITEM })).toBeNull();
});

test("a document that breaks the schema is refused with Convex's message, and the mutation is rolled back", async () => {
  const { server } = await serve();
  const id = (await server.run("items:create", { owner: "ada", name: "bolt" })) as string;
  await expect(server.run("items:patch", { id, changes: { name: 5 } })).rejects.toThrow(
    'Failed to insert or update a document in table "items" because it does not match the schema: Value does not match validator.\nPath: .name',
  );
  await expect(server.run("items:patch", { id, changes: { extra: 1 } })).rejects.toThrow(
    "Object contains extra field `extra` that is not in the validator.",
  );
  expect(await server.run("items:get", { id })).toMatchObject({ name: "bolt" });
});

test("arguments are checked before the function runs", async () => {
  const { server } = await serve();
  await expect(server.run("items:create", { owner: "ada" })).rejects.toThrow(
    "ArgumentValidationError: Object is missing the required field `name`.",
  );
  const note = (await server.run("calls:insertNote", { text: "x" })) as string;
  await expect(server.run("items:get", { id: note })).rejects.toThrow(
    `ArgumentValidationError: Found ID "${note}" from table \`notes\`, which does not match the table name in validator`,
  );
  expect(await server.run("items:count", {})).toBe(0);
});
