/**
 * The process that `crash.slow.test.ts` kills. It inserts into the store of a directory as fast as it can, with several writers,
 * and prints the id of each document once it is acknowledged. With `hold` it only opens the store, prints `held` and waits.
 */
import { openStore } from "./store";
import { encodeId, newInternalId } from "../values/ids";

const [, , directory = "", mode = "write"] = process.argv;
const store = openStore({ directory });

if (mode === "hold") {
  console.log("held");
  setInterval(() => undefined, 60_000);
} else {
  const indexes = [
    { indexDescriptor: "by_n", fields: ["n"] },
    { indexDescriptor: "by_text", fields: ["text"] },
  ];
  const tables = [{ tableName: "items", documentType: null, indexes }];
  await store.applySchema("", { schemaValidation: false, tables }, () => undefined);
  await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
}

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const internal = newInternalId();
    const id = await store.mutate((transaction) => {
      const table = transaction.createTable("", "items");
      const document = {
        _id: encodeId(table.number, internal),
        _creationTime: Date.now(),
        n,
        text: `w${writer}`,
      };
      transaction.insert(table, internal, document);
      // Change or delete some documents within their transaction, so that index entries move.
      if (n % 3 === 0) transaction.replace(table, internal, { ...document, n: -n });
      if (n % 7 === 6) transaction.remove(table, internal);
      return Promise.resolve(n % 7 === 6 ? null : document._id);
    });
    if (id !== null) console.log(id);
  }
}
