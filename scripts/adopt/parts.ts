/**
 * The parts of the API that an app can choose, as data. A test compares them with the imports: a copied
 * file never imports an omitted one.
 */

export type Part = {
  /** A description for the command's help. */
  readonly title: string;
  /** Patterns of the files that only this part needs. */
  readonly files: readonly RegExp[];
  /** The tables that only this part needs. */
  readonly tables: readonly string[];
  /** Parts that this part needs. */
  readonly needs: readonly PartName[];
  /**
   * Entries of shared files to leave out without this part. `FILE#NAME` is a declaration, `FILE#NAME.KEY` a property in it, and
   * `FILE#NAME=TEXT` a text in a list in it, or a call in it with only this text, such as `v.literal("items")`. The entries of
   * the part's tables, and those that refer to its files or functions, need no mention.
   */
  readonly entries: readonly string[];
};

export const PART_NAMES = ["items", "files", "jobs", "webhooks", "billing"] as const;
export type PartName = (typeof PART_NAMES)[number];

/** Parts that every app gets. Requests need keys, and every change of a user or a key emits an event. */
export const ALWAYS: readonly string[] = ["keys", "outgoing"];

export const PARTS: Readonly<Record<PartName, Part>> = {
  items: {
    title: "the example resource, with search, batches and an export",
    files: [
      /^convex\/items\.ts$/,
      /^convex\/views\/item\.lib\.ts$/,
      /^convex\/lib\/itemText\.lib\.ts$/,
      /^convex\/http\/items\//,
    ],
    tables: ["items"],
    needs: [],
    entries: [
      "convex/schema.ts#default=items",
      "convex/lib/usage.lib.ts#QUOTAS.items",
      "convex/migrations.ts#fillItemTexts",
      "convex/outgoing/eventTypes.lib.ts#EVENTS.item.deleted",
    ],
  },
  files: {
    title: "uploads and downloads",
    // The module and the table stay: they also free the bytes of long payloads.
    files: [/^convex\/http\/files\//],
    tables: [],
    needs: [],
    entries: [],
  },
  jobs: {
    title: "work that outlives its request",
    // The table stays: the collector of stored bytes and the metrics read it.
    files: [/^convex\/(jobs|process)\.ts$/, /^convex\/views\/job\.lib\.ts$/, /^convex\/http\/jobs\//],
    tables: [],
    needs: [],
    entries: [],
  },
  webhooks: {
    title: "webhooks from Clerk and GitHub, and their log",
    files: [
      /^convex\/(clerk|github|erasure)\.ts$/,
      // The three other files also serve the table of users.
      /^convex\/webhooks\/(?!(event|order|payload)\.lib)/,
      /^convex\/http\/webhooks\//,
      /^scripts\/webhook\/main\.ts$/,
    ],
    // The table stays: users of Clerk compare themselves with the events in it.
    tables: [],
    needs: [],
    entries: [],
  },
  billing: {
    title: "webhooks from Stripe, payments and subscriptions",
    files: [
      /^convex\/(stripe|payments|subscriptions)\.ts$/,
      /^convex\/webhooks\/(stripe|billing)\w*\.(lib\.)?ts$/,
      /^convex\/views\/billing\.lib\.ts$/,
      /^convex\/http\/billing\//,
    ],
    tables: ["payments", "subscriptions"],
    needs: ["webhooks"],
    entries: [
      "convex/http/webhooks/webhooks.contract.ts#RECEIVERS.stripe",
      "convex/http/api.routes.ts#RESOURCES=POST /webhooks/stripe",
    ],
  },
};

/** The objects whose keys are tables. */
export const TABLE_MAPS: readonly string[] = [
  "convex/schema.ts#default",
  "convex/outgoing/tables.lib.ts#outgoingTables",
  "convex/lib/owned.lib.ts#OWNED",
];

/** Returns the chosen parts with the parts that they need, in the order of `PART_NAMES`. */
export function withNeeded(chosen: readonly PartName[]): PartName[] {
  const all = new Set<PartName>();
  const add = (name: PartName): void => {
    all.add(name);
    PARTS[name].needs.forEach(add);
  };
  chosen.forEach(add);
  return PART_NAMES.filter((name) => all.has(name));
}
