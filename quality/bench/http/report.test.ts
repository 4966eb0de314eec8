import { expect, test } from "vitest";
import { verdictOf } from "../lib/figures";
import { complaintsOf, figuresOf, latencyTable, summariesOf } from "./report";
import type { Played, Rounds } from "./rounds";
import { svgOf } from "./svg";

const turn = (perSecond: number, ms: readonly number[], more: Partial<Played> = {}): Played => {
  const latencies = { read: ms.map((latency) => latency * 1_000) };
  const sample = { rss: 100e6, heapUsed: 1, loop: { p50: 1, p99: 2, max: 3 } };
  return { perSecond, latencies, errors: 0, settleMs: 0, sample, ...more };
};
const rounds = (product: Played): Rounds => ({
  connections: 50,
  turns: { product: [product], hono: [turn(400, [1, 2])], floor: [turn(500, [1])] },
  floorAgain: [turn(550, [1])],
});

test("the product is compared with each floor, and a floor with itself", () => {
  const figures = figuresOf([rounds(turn(200, [1, 5]))], 0);
  const value = (name: string) => figures.find((figure) => figure.name === name)?.value;
  expect(value("mix, 50 connections: requests/s / bare Hono")).toBe(0.5);
  expect(value("mix, 50 connections: requests/s / bare node:http")).toBe(0.4);
  expect(value("mix, 50 connections: p99 / bare Hono's p99")).toBe(2.5);
  expect(value("mix, 50 connections: bare node:http / itself (the noise)")).toBeCloseTo(1.1);
  expect(figures.map(verdictOf)).not.toContain("missed");
});

test("one wrong answer of any server or one failed webhook fails the run", () => {
  const wrong = rounds(turn(200, [1], { errors: 1, firstError: "GET /x: HTTP/1.1 500" }));
  expect(figuresOf([wrong], 0).map(verdictOf)).toContain("missed");
  expect(complaintsOf([wrong])).toEqual(["product: GET /x: HTTP/1.1 500"]);
  expect(figuresOf([rounds(turn(200, [1]))], 1).map(verdictOf)).toContain("missed");
});

test("the table and the picture show the results of each server", () => {
  const mix = summariesOf(rounds(turn(100, [3, 1, 2])));
  const table = latencyTable(mix);
  expect(table).toMatch(/requests per second +\| +100 \| +400 \| +500 \|/);
  expect(table).toMatch(/GET \/api\/items\/ID +\| 2.00 \/ 3.00 \/ 3.00 \|/);
  expect(table).not.toContain("webhooks");
  const picture = svgOf({ figures: [], mix: [mix], about: "" });
  for (const perSecond of ["500", "400", "100"]) expect(picture).toContain(`>${perSecond}</text>`);
});
