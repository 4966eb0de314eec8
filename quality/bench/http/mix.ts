/** What clients of the API ask for, and how often. */

export const KINDS = ["read", "list", "create", "change", "webhook", "upload", "job"] as const;
export type Kind = (typeof KINDS)[number];

/** Shares of the requests. They need not add up to anything. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

/** Per cent: mostly reads by id, some pages of lists, writes, and signed webhooks. */
export const EVERYDAY: Mix = { read: 70, list: 15, create: 5, change: 5, webhook: 5 };

/** The request of each kind. */
export const NAMES: Readonly<Record<Kind, string>> = {
  read: "GET /api/items/ID",
  list: "GET /api/items?limit=20",
  create: "POST /api/items",
  change: "PATCH /api/items/ID",
  webhook: "POST /webhooks/SOURCE",
  upload: "POST /api/upload",
  job: "POST /api/process, respond-async",
};

/** Picks kinds at random by their shares. @param random a number from 0 up to, but not, 1. */
export function chooser(mix: Mix, random: () => number = Math.random): () => Kind {
  const limits: { kind: Kind; limit: number }[] = [];
  let total = 0;
  for (const kind of KINDS) {
    const share = mix[kind] ?? 0;
    if (share <= 0) continue;
    total += share;
    limits.push({ kind, limit: total });
  }
  const last = limits.at(-1);
  if (!last) throw new Error("A mix of nothing");
  return () => {
    const at = random() * total;
    return (limits.find(({ limit }) => at < limit) ?? last).kind;
  };
}
