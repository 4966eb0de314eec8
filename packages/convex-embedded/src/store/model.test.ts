/** Compares random histories with a model in memory: every index, in both orders, after every step that could differ. */
import { compareValues } from "convex/values";
import type { Value } from "convex/values";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeId } from "../values/ids";
import { byIdBound, byIdKey } from "./byId";
import { collect, ALL_KEYS, items, itemStore, memoryItemStore } from "./storeForTests";
import type { IndexInfo, Reader, Savepoint, Store, StoredDocument, Transaction } from "./types";

type Model = ReadonlyMap<number, StoredDocument>;

type Step =
  | { readonly kind: "put"; readonly slot: number; readonly fields: Record<string, Value> }
  | { readonly kind: "remove"; readonly slot: number }
  | { readonly kind: "begin" | "keep" | "undo" | "look" };

const anyScalar = fc.constantFrom<Value>(null, 1n, -1, 0, -0, 2, NaN, true, "", "a", "a\0", "b", [], ["a"], {
  x: 1,
});
const anyFields = fc.record({ name: anyScalar, owner: anyScalar, rank: anyScalar }, { requiredKeys: [] });
const slot = fc.nat(11);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), slot, fields: anyFields }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), slot }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("begin", "keep", "undo", "look") }) },
);
const anyHistory = fc.array(fc.record({ steps: fc.array(anyStep, { maxLength: 20 }), fails: fc.boolean() }), {
  maxLength: 6,
});

test.each([
  ["on disk", itemStore],
  ["in memory", memoryItemStore],
])("the store %s behaves like a map", async (_where, open) => {
  const store = await open();
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      let model: Model = new Map();
      for (const { steps, fails } of history) {
        const run = store.mutate((transaction) => {
          const next = perform(store, transaction, model, steps);
          return fails ? Promise.reject(new Error("on purpose")) : Promise.resolve(next);
        });
        if (fails) await expect(run).rejects.toThrow("on purpose");
        else model = await run;
        const snapshot = store.snapshot();
        expectSame(store, snapshot, model);
        snapshot.release();
      }
      await store.mutate((transaction) => {
        for (const key of model.keys()) transaction.remove(items(store), internalOf(key));
        return Promise.resolve();
      });
    }),
    { numRuns: 60 },
  );
});

test("a bound on by_id keys and its internal id divide the ids at the same point", () => {
  const anyInternal = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.constantFrom(0, 0xff).map((byte) => new Uint8Array(16).fill(byte)),
  );
  const anyBound = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(anyInternal, fc.nat(36), fc.uint8Array({ maxLength: 2 }))
      .map(([internal, cut, tail]) => Buffer.concat([byIdKey(10_001, internal).subarray(0, cut), tail])),
  );
  fc.assert(
    fc.property(anyBound, anyInternal, (bound, internal) => {
      const among = Buffer.compare(internal, byIdBound(10_001, bound)) >= 0;
      expect(among).toBe(byIdKey(10_001, internal).compare(bound) >= 0);
    }),
  );
  const [internal] = [Buffer.alloc(16, 7)];
  const key = byIdKey(10_001, internal);
  expect(byIdBound(10_001, key)).toEqual(internal);
  expect(byIdBound(10_001, Buffer.concat([key, Buffer.from([0xff])])).compare(internal)).toBe(1);
});

function perform(store: Store, transaction: Transaction, before: Model, steps: readonly Step[]): Model {
  const table = items(store);
  const open: { savepoint: Savepoint; model: Model }[] = [];
  let model = before;
  for (const step of steps) {
    if (step.kind === "put") {
      const internal = internalOf(step.slot);
      const known = model.get(step.slot);
      const document = {
        ...step.fields,
        _id: encodeId(table.number, internal),
        _creationTime: 1000 + (step.slot % 4),
      };
      if (known) transaction.replace(table, internal, document);
      else transaction.insert(table, internal, document);
      model = new Map(model).set(step.slot, document);
    } else if (step.kind === "remove") {
      if (!model.has(step.slot)) continue;
      transaction.remove(table, internalOf(step.slot));
      model = new Map([...model].filter(([key]) => key !== step.slot));
    } else if (step.kind === "begin") {
      open.push({ savepoint: transaction.savepoint(), model });
    } else if (step.kind === "look") {
      expectSame(store, transaction, model);
    } else {
      const innermost = open.pop();
      if (step.kind === "keep") innermost?.savepoint.release();
      else innermost?.savepoint.rollback();
      if (innermost && step.kind === "undo") model = innermost.model;
    }
  }
  while (open.length > 0) open.pop()?.savepoint.release();
  return model;
}

function expectSame(store: Store, reader: Reader, model: Model): void {
  for (const index of items(store).indexes) {
    const sorted = [...model.values()].sort((a, b) => compareBy(index, a, b)).map(({ _id }) => _id);
    expect(collect(reader, index, "asc", ALL_KEYS).map(({ _id }) => _id)).toEqual(sorted);
    expect(collect(reader, index, "desc", ALL_KEYS).map(({ _id }) => _id)).toEqual(sorted.reverse());
  }
}

function compareBy(index: IndexInfo, a: StoredDocument, b: StoredDocument): number {
  for (const field of [...index.fields, "_creationTime", "_id"]) {
    const order = compareValues(a[field], b[field]);
    if (order !== 0) return order;
  }
  return 0;
}

function internalOf(key: number): Buffer {
  return Buffer.alloc(16, key * 20);
}
