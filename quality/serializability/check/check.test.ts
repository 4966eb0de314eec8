/** Each test has a history with one anomaly, written by hand. */
import { expect, test } from "vitest";
import { check } from "./check";
import type { Operation, Transaction } from "./history";

const append = (key: string, value: number): Operation => ({ do: "append", key, value });
const read = (key: string, ...values: number[]): Operation => ({ do: "read", key, values });

/** A transaction that may have run at any time. */
function transaction(
  name: string,
  operations: readonly Operation[],
  more: Partial<Transaction> = {},
): Transaction {
  return { name, operations, outcome: "committed", startedAt: 0, endedAt: 1_000, after: [], ...more };
}

const kindsOf = (...history: Transaction[]): string[] => check(history).map(({ kind }) => kind);

/** Shows the order of a list. It may have run at any time. */
const reader = (...reads: Operation[]): Transaction => transaction("reader", reads);

test("a history with an order that explains every read has no anomaly", () => {
  const history = [
    transaction("a", [append("x", 1), append("y", 2)], { startedAt: 1, endedAt: 3 }),
    transaction("b", [read("x", 1), append("x", 3), read("x", 1, 3)], { startedAt: 4, endedAt: 8 }),
    // It overlaps b, so it may read either state.
    transaction("c", [read("x", 1), read("y", 2)], { startedAt: 5, endedAt: 7 }),
    transaction("d", [append("x", 99)], { startedAt: 5, endedAt: 6, outcome: "aborted" }),
    transaction("e", [append("x", 4)], { startedAt: 9, endedAt: Infinity, outcome: "unknown" }),
    transaction("f", [append("x", 98)], { startedAt: 9, endedAt: Infinity, outcome: "unknown" }),
    transaction("g", [read("x", 1, 3, 4), read("y", 2)], { startedAt: 10, endedAt: 11 }),
  ];
  expect(check(history)).toEqual([]);
});

test("G0: two transactions overwrite each other in opposite orders", () => {
  const history = [
    transaction("a", [append("x", 1), append("y", 2)]),
    transaction("b", [append("x", 3), append("y", 4)]),
    reader(read("x", 1, 3)),
    reader(read("y", 4, 2)),
  ];
  expect(kindsOf(...history)).toEqual(["G0"]);
});

test("G1a: a read contains a value of an aborted transaction", () => {
  const aborted = transaction("a", [append("x", 1)], { outcome: "aborted" });
  expect(kindsOf(aborted, reader(read("x", 1)))).toEqual(["G1a"]);
});

test("G1b: a read ends between two appends of one transaction", () => {
  const history = [transaction("a", [append("x", 1), append("x", 2)]), reader(read("x", 1))];
  expect(kindsOf(...history)).toContain("G1b");
});

test("G1c: two transactions read each other's appends", () => {
  const history = [
    transaction("a", [append("x", 1), read("y", 2)]),
    transaction("b", [append("y", 2), read("x", 1)]),
  ];
  expect(kindsOf(...history)).toEqual(["G1c"]);
});

test("G-single: a read sees one of two appends of a transaction", () => {
  const history = [
    transaction("a", [append("x", 1), append("y", 2)]),
    transaction("b", [read("x", 1), read("y")]),
    reader(read("y", 2)),
  ];
  expect(kindsOf(...history)).toEqual(["G-single"]);
});

test("G-single: of two transactions that read the same state and append, one loses its update", () => {
  const history = [
    transaction("a", [read("x"), append("x", 1)]),
    transaction("b", [read("x"), append("x", 2)]),
    reader(read("x", 1, 2)),
  ];
  expect(kindsOf(...history)).toEqual(["G-single"]);
});

test("G-single: an append that no later read contains comes after all others", () => {
  const history = [transaction("a", [append("x", 1), append("y", 2)]), reader(read("x", 1), read("y"))];
  expect(kindsOf(...history)).toEqual(["G-single"]);
});

test("G2: two transactions each read what the other appends to", () => {
  const history = [
    transaction("a", [read("y"), append("x", 1)]),
    transaction("b", [read("x"), append("y", 2)]),
    reader(read("x", 1)),
    reader(read("y", 2)),
  ];
  expect(kindsOf(...history)).toEqual(["G2"]);
});

test("a stale read begins after an append was acknowledged and does not contain it", () => {
  const history = [
    transaction("a", [append("x", 1)], { startedAt: 1, endedAt: 2 }),
    transaction("b", [append("x", 2)], { startedAt: 3, endedAt: 4 }),
    transaction("c", [read("x", 1)], { startedAt: 5, endedAt: 6 }),
    reader(read("x", 1, 2)),
  ];
  expect(kindsOf(...history)).toEqual(["stale read", "G-single-realtime"]);
});

test("a stale read is found if no read contains the value", () => {
  const history = [
    transaction("a", [append("x", 1)], { startedAt: 1, endedAt: 2 }),
    transaction("b", [read("x")], { startedAt: 3, endedAt: 4 }),
  ];
  expect(kindsOf(...history)).toEqual(["stale read", "G-single-realtime"]);
});

test("a read that overlaps the append is not stale", () => {
  const history = [
    transaction("a", [append("x", 1)], { startedAt: 1, endedAt: 3 }),
    transaction("b", [read("x")], { startedAt: 2, endedAt: 4 }),
    reader(read("x", 1)),
  ];
  expect(kindsOf(...history)).toEqual([]);
});

test("G0-realtime: an append comes before one that was acknowledged earlier", () => {
  const history = [
    transaction("a", [append("x", 1)], { startedAt: 1, endedAt: 2 }),
    transaction("b", [append("x", 2)], { startedAt: 3, endedAt: 4 }),
    reader(read("x", 2, 1)),
  ];
  expect(kindsOf(...history)).toEqual(["G0-realtime"]);
});

test("G1c-realtime: a read contains an append that began after it", () => {
  const history = [
    transaction("a", [read("x", 1)], { startedAt: 1, endedAt: 2 }),
    transaction("b", [append("x", 1)], { startedAt: 3, endedAt: 4 }),
  ];
  expect(kindsOf(...history)).toEqual(["G1c-realtime"]);
});

test("G2: two readers see two appends in opposite orders", () => {
  const history = [
    transaction("a", [append("x", 1)]),
    transaction("b", [append("y", 2)]),
    reader(read("x", 1), read("y")),
    reader(read("y", 2), read("x")),
  ];
  expect(kindsOf(...history)).toEqual(["G2"]);
});

test("G2-realtime: two clients each miss the other's append after their own", () => {
  const a = transaction("a", [append("x", 1)]);
  const b = transaction("b", [append("y", 2)]);
  const history = [
    a,
    b,
    transaction("after a", [read("y")], { after: [a] }),
    transaction("after b", [read("x")], { after: [b] }),
    reader(read("x", 1)),
    reader(read("y", 2)),
  ];
  expect(kindsOf(...history)).toEqual(["G2-realtime"]);
});

test("the order of a session counts where times overlap", () => {
  const first = transaction("first", [read("x", 1)]);
  const history = [
    transaction("a", [append("x", 1)]),
    first,
    transaction("second", [read("x")], { after: [first] }),
  ];
  expect(kindsOf(...history)).toEqual(["G-single-realtime"]);
});

test("reads that disagree about the order of a list are incompatible", () => {
  const history = [
    transaction("a", [append("x", 1)]),
    transaction("b", [append("x", 2)]),
    transaction("c", [append("x", 3)]),
    reader(read("x", 2)),
    reader(read("x", 1, 2, 3)),
  ];
  expect(kindsOf(...history)).toContain("incompatible order");
});

test("a value that a list contains twice shows that a transaction ran twice", () => {
  expect(kindsOf(transaction("a", [append("x", 1)]), reader(read("x", 1, 1)))).toContain("duplicate value");
});

test("a value that nothing appended to the list is unknown", () => {
  expect(kindsOf(transaction("a", [append("y", 1)]), reader(read("x", 1)))).toContain("unknown value");
});

test("a transaction that does not read its own append contradicts itself", () => {
  expect(kindsOf(transaction("a", [append("x", 1), read("x")]), reader(read("x", 1)))).toContain("internal");
});

test("a transaction that reads two versions of a list contradicts itself", () => {
  const history = [transaction("a", [append("x", 1)]), transaction("b", [read("x"), read("x", 1)])];
  expect(kindsOf(...history)).toContain("internal");
});

test("a report names the transactions and the lists of a cycle", () => {
  const [anomaly] = check([
    transaction("a", [append("x", 1), append("y", 2)]),
    transaction("b", [read("x", 1), read("y")]),
    reader(read("y", 2)),
  ]);
  expect(anomaly?.description).toBe(
    "b —read-write (y before 2)→ a —write-read (x 1)→ b (2 transactions are in cycles together)",
  );
});
