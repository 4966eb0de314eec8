/** The check that crash tests use: `fixtures/inspectSearch.ts` compares search indexes with the documents. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { searchProblems } from "../../../fixtures/inspectSearch";
import { below, randomOf, SEED } from "../../../fixtures/random";
import { loadCatalog } from "../catalog";
import { DATABASE_FILE } from "../directory";
import { Connection } from "../sqlite";
import { inTransaction, items, newDocument, schema, temporaryDirectory, testStore } from "../storeForTests";
import type { StoredDocument } from "../types";

const SCHEMA = schema({
  items: {
    search: [
      { indexDescriptor: "search", searchField: "text", filterFields: ["owner"] },
      { indexDescriptor: "by_name", searchField: "name", filterFields: [] },
    ],
  },
});

/** Writes documents into a new directory: with blocks and tails, and after changes and deletions at random places. */
async function write(directory: string): Promise<void> {
  const store = testStore({ directory });
  await store.applySchema("", SCHEMA, () => undefined);
  const random = randomOf(SEED);
  const text = () => Array.from({ length: below(random, 8) }, () => `w${below(random, 12)}`).join(" ");
  const live: [Buffer, StoredDocument][] = [];
  for (let round = 0; round < 10; round++) {
    await inTransaction(store, (transaction) => {
      for (let step = 0; step < 120; step++) {
        const [internal, document] = newDocument(items(store), {
          text: text(),
          owner: below(random, 3),
          name: "bolt",
        });
        transaction.insert(items(store), internal, document);
        live.push([internal, document]);
      }
      for (let step = 0; step < 30; step++) {
        const [entry] = live.splice(below(random, live.length), 1);
        if (entry === undefined) continue;
        const [internal, document] = entry;
        if (step % 2 === 0) {
          transaction.remove(items(store), internal);
          continue;
        }
        const next = { ...document, text: text() };
        transaction.replace(items(store), internal, next);
        live.push([internal, next]);
      }
    });
  }
  await store.close();
}

/** Returns the problems of a database file after a statement. */
function problemsAfter(file: string, sql: string): string[] {
  const db = new Connection(file);
  try {
    db.exec(sql);
    const catalog = loadCatalog(db);
    return searchProblems(
      db,
      catalog.components().flatMap((component) => catalog.tables(component)),
    );
  } finally {
    db.close();
  }
}

const TERM = "(SELECT id FROM search_terms WHERE documents > 200 AND length(tail) > 18 ORDER BY id LIMIT 1)";

/** Kinds of corruption: for each one a statement, and a part of the problem that the check reports. */
const CORRUPTIONS: Record<string, [sql: string, problem: RegExp]> = {
  "lost postings": [`UPDATE search_terms SET tail = x'' WHERE id = ${TERM}`, /counts \d+ documents$/],
  "a lost posting with the right count": [
    `UPDATE search_terms SET tail = substr(tail, 1, length(tail) - 9), documents = documents - 1 WHERE id = ${TERM}`,
    /postings of the term \w+ do not match/,
  ],
  "a wrong frequency": [
    `UPDATE search_terms SET tail = CAST(substr(tail, 1, 7) || x'63' || substr(tail, 9) AS BLOB) WHERE id = ${TERM}`,
    /postings of the term \w+ do not match/,
  ],
  "a lost block": [
    `DELETE FROM search_blocks WHERE rowid = (SELECT max(rowid) FROM search_blocks)`,
    /counts \d+ documents$/,
  ],
  "a block with a wrong first document": [
    `UPDATE search_blocks SET first = first + 1 WHERE rowid = (SELECT max(rowid) FROM search_blocks)`,
    /does not begin with the document/,
  ],
  "a block without a term": [
    "INSERT INTO search_blocks (term_id, first, postings) VALUES (999999, 1, x'0000000001')",
    /1 blocks of postings belong to no term/,
  ],
  "a term without an index": [
    "INSERT INTO search_terms (index_id, term, documents, tail) VALUES (999999, x'01', 0, x'')",
    /1 terms belong to no search index/,
  ],
  "a wrong number of documents": [
    "UPDATE search_indexes SET documents = documents + 1 WHERE name = 'search'",
    /items\.search: counts \d+ documents/,
  ],
  "a wrong number of tokens": [
    "UPDATE search_indexes SET tokens = tokens - 1 WHERE name = 'by_name'",
    /items\.by_name: counts/,
  ],
  "a document without a number": [
    "DELETE FROM search_documents WHERE row = (SELECT max(row) FROM search_documents)",
    /a document has no number/,
  ],
  "a number without a document": [
    "DELETE FROM documents WHERE row = (SELECT max(row) FROM search_documents)",
    /1 numbers have no document/,
  ],
  "a document that the index has not followed": [
    "UPDATE documents SET json = replace(json, 'bolt', 'nut') WHERE row = (SELECT max(row) FROM search_documents)",
    /items\.by_name: the postings/,
  ],
};

test("random writes leave search indexes that match the documents, and the check finds each kind of corruption", async () => {
  const directory = temporaryDirectory();
  await write(directory);
  const file = join(directory, DATABASE_FILE);
  expect(problemsAfter(file, "")).toEqual([]);
  for (const [name, [sql, problem]] of Object.entries(CORRUPTIONS)) {
    const corrupt = join(temporaryDirectory(), DATABASE_FILE);
    cpSync(file, corrupt);
    expect(problemsAfter(corrupt, sql).join("\n"), name).toMatch(new RegExp(problem.source, "m"));
  }
});
