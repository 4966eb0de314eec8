import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";

export const getHealth = contract("get", "/health", () => ({
  operationId: "getHealth",
  scope: null,
  unlimited: true,
  docs: docsOnly(({ named, z }) => ({
    tag: "System",
    summary: "Check that the process answers",
    description: "Does not use the database.",
    replies: {
      200: named("Health", z.object({ status: z.enum(["ok"]) }), { status: "Always `ok`." }),
    },
    examples: { replies: { 200: { status: "ok" } } },
  })),
}));
