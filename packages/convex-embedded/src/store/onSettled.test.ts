import { expect, onTestFinished, test, vi } from "vitest";
import { insert, items, itemStore, names } from "./storeForTests";

test("onSettled callbacks run when new snapshots show the outcome of a commit or a rollback", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => warned.mockRestore());
  let failing = false;
  const beforeCommit = () => {
    if (failing) throw new Error("disk full");
  };
  const store = await itemStore({ hooks: { beforeCommit } });
  const seen: unknown[] = [];
  const add = (name: string, fail = false) =>
    store.mutate((transaction) => {
      insert(transaction, items(store), { name });
      transaction.onSettled(() => {
        throw new Error("no harm to the others");
      });
      transaction.onSettled(() => seen.push([name, names(store)]));
      return fail ? Promise.reject(new Error("rolled back")) : Promise.resolve();
    });
  await Promise.allSettled([add("a"), add("b", true), add("c")]);
  failing = true;
  await Promise.allSettled([add("d"), add("e", true)]);
  expect(warned).toHaveBeenCalledTimes(5);
  expect(seen).toEqual([
    ["a", ["a", "c"]],
    ["b", ["a", "c"]],
    ["c", ["a", "c"]],
    ["d", ["a", "c"]],
    ["e", ["a", "c"]],
  ]);
});
