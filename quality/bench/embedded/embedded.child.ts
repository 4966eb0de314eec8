/** The embedded runtime with the benchmark's project. */
import { startServer } from "convex-embedded/testing/server";
import { answerParent, tellParent } from "../lib/children";

const BULK = 2_000;
/** Vectors of one mutation, which may write 16 MiB. */
const VECTORS = 200;

const [, , project = "", data = ""] = process.argv;
const log = (line: { level: string; message: string }): void => {
  if (line.level === "error" || line.level === "warn") process.stderr.write(`${line.message}\n`);
};
const server = await startServer({ project, data, port: 0, env: {}, log });

answerParent({
  port: () => Number(new URL(server.url).port),
  /** Inserts documents through mutations. @returns the ids of the first `keep` documents of each mutation. */
  async fill({ count, keep }: { count: number; keep: number }) {
    const ids: string[] = [];
    for (let from = 0; from < count; from += BULK) {
      const args = { from, count: Math.min(BULK, count - from), keep };
      ids.push(...((await server.run("items:fill", args)) as string[]));
      if (from % (BULK * 10) === 0) tellParent(`${from.toLocaleString("en")} documents`);
    }
    return ids;
  },
  /** Looks up documents by an index in one query. @returns its time in milliseconds. */
  async lookUp({ names }: { names: string[] }) {
    const started = performance.now();
    const found = await server.run("items:lookUp", { names });
    if (found !== names.length) throw new Error(`Only ${found as number} of ${names.length} were found`);
    return performance.now() - started;
  },
  /** Inserts texts through mutations. @returns the time in milliseconds. */
  async fillTexts({ table, from, count }: { table: string; from: number; count: number }) {
    const started = performance.now();
    for (let at = from; at < from + count; at += BULK) {
      await server.run("texts:fill", { table, from: at, count: Math.min(BULK, from + count - at) });
      if (at % (BULK * 10) === 0) tellParent(`${at.toLocaleString("en")} texts`);
    }
    return performance.now() - started;
  },
  /** Searches once. @returns the time in milliseconds. */
  async search({ text, owner, expected }: { text: string; owner: string | null; expected: number }) {
    const started = performance.now();
    const found = await server.run("texts:find", { text, owner });
    if (found !== expected) throw new Error(`"${text}" found ${found as number} texts, not ${expected}`);
    return performance.now() - started;
  },
  async fillVectors({ count }: { count: number }) {
    for (let from = 0; from < count; from += VECTORS) {
      await server.run("vectors:fill", { from, count: Math.min(VECTORS, count - from) });
    }
  },
  /** Searches for the vector of a number. @returns the time in milliseconds. */
  async searchVectors({ number, owner }: { number: number; owner: string | null }) {
    const [score = 0, ms = 0] = (await server.run("vectors:find", { number, owner })) as number[];
    if (score < 0.999) throw new Error(`The vector ${number} was not found`);
    return ms;
  },
});
process.on("SIGTERM", () => void server.close(0).then(() => process.exit(0)));
