import { expect, test } from "vitest";
import { lineWriter } from "./lines";

function collect() {
  const written: string[] = [];
  return { written, ...lineWriter({ write: (text) => written.push(text) }) };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test("the first line of a turn is written at once, the others together at its end", async () => {
  const { written, write } = collect();
  for (const line of ["a", "b", "c"]) write(line);
  expect(written).toEqual(["a\n"]);
  await nextTurn();
  expect(written).toEqual(["a\n", "b\nc\n"]);
  write("d");
  expect(written.at(-1)).toBe("d\n");
});

test("what is held is written when the process ends", async () => {
  const { written, write, flush } = collect();
  for (const line of ["a", "b"]) write(line);
  flush();
  expect(written).toEqual(["a\n", "b\n"]);
  await nextTurn();
  expect(written).toHaveLength(2);
});
