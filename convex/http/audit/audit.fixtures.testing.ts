import { internal } from "../../_generated/api";
import { as, run, type Call } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { json, page } from "../testing/replies.testing";

const version = (n: number) => ({ time: n, rank: 0, eventId: `evt_${n}` });

/** Returns the id of the newest row. */
async function newest(call: Call): Promise<string> {
  const [row] = await page(call("GET", "/api/audit-events?limit=1"));
  return String(row?.["id"]);
}

/** Creates a user whose suspension a webhook can change, and returns its name in the audit log. */
async function auditedUser(owner: Call, name: string): Promise<string> {
  const user = { clerkId: `list_${name}`, email: `${name}@lists.example.com`, emailVerified: true };
  await run("mutation", internal.users.create, { ...user, version: version(0) });
  const [found] = await page(owner("GET", `/api/users?email=${user.email}`));
  return `user:${String(found?.["id"])}`;
}

export const fixtures: Fixtures = {
  onlyListed: {
    "/api/audit-events": { belongsTo: "the deployment", some: async () => newest(await as("root")) },
  },
  scopeNames: { "audit-events": "audit" },
  lists: {
    "GET /api/audit-events": {
      filters: { actor: ["webhook:one", "webhook:two"], target: ["ada", "grace"] },
      bind: async (owner) => ({
        ada: await auditedUser(owner, "ada"),
        grace: await auditedUser(owner, "grace"),
      }),
      make: async (owner, { actor = "", target = "" }, n) => {
        const { clerkId, suspended } = await json(owner("GET", `/api/users/${target.slice("user:".length)}`));
        await run("mutation", internal.users.update, {
          clerkId: String(clerkId),
          emailVerified: true,
          banned: suspended !== true,
          version: version(n),
          by: { name: actor },
        });
        return newest(owner);
      },
    },
  },
};
