/** The mix: the kinds of requests that clients send, and their shares. */

export const KINDS = ["read", "list", "create", "change", "webhook", "upload", "job"] as const;
export type Kind = (typeof KINDS)[number];

/** Relative shares of the kinds of requests. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

/** Shares in per cent: mostly reads by id, some pages of lists, writes, and signed webhooks. */
export const EVERYDAY: Mix = { read: 70, list: 15, create: 5, change: 5, webhook: 5 };

/** The names of the kinds in tables. */
export const NAMES: Readonly<Record<Kind, string>> = {
  read: "GET /api/items/ID",
  list: "GET /api/items?limit=20",
  create: "POST /api/items",
  change: "PATCH /api/items/ID",
  webhook: "POST /webhooks/SOURCE",
  upload: "POST /api/upload",
  job: "POST /api/process, respond-async",
};

/** Returns a function that picks kinds at random by their shares. @param random returns a number in [0, 1). */
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
  if (!last) throw new Error("A mix needs a share greater than 0");
  return () => {
    const at = random() * total;
    return (limits.find(({ limit }) => at < limit) ?? last).kind;
  };
}
