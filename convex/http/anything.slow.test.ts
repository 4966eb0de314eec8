/**
 * Requests that nobody thought of: made by generators from the document, first as it allows them, then broken in one way or
 * several. Whatever comes, the server does not fail, answers what is documented, and refuses with a problem.
 *
 * Others come with another seed, and more with a larger number:
 * `FUZZ_SEED=$RANDOM FUZZ_REQUESTS=50000 npx vitest run --project slow convex/http/anything`.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { productDocument } from "../../openapi/contract/check";
import { breaks } from "../../openapi/contract/fuzz/breaks";
import { planOf } from "../../openapi/contract/fuzz/plans";
import { REQUESTS } from "../../openapi/contract/fuzz/size";
import { useEngine } from "./testing/engine.testing";
import { requester } from "./testing/generated.testing";
import { WEBHOOK_ENV } from "./testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

let asking: Awaited<ReturnType<typeof requester>>;
beforeAll(async () => {
  asking = await requester();
  return asking.close;
});

const { operations } = productDocument();
// Of each operation.
const BROKEN = Math.ceil(REQUESTS / operations.length);
const AS_DOCUMENTED = Math.max(30, Math.ceil(BROKEN / 5));
const property = { interruptAfterTimeLimit: 60_000 };
let sent = 0;

/** Refusals of what the document allows: nothing is there, or it is in the way. */
const ELSEWHERE = [404, 409, 412, 422];
/** Needs bytes that somebody has uploaded before. */
const NEVER_ACCEPTED = ["registerFile"];

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  "%s",
  (id, operation) => {
    test("takes what the document allows", { timeout: 120_000 }, async () => {
      let accepted = 0;
      await fc.assert(
        fc.asyncProperty(planOf(operation), async (plan) => {
          sent++;
          const reply = await asking.ask(operation, plan);
          if (reply.status < 400) accepted++;
          else if (!ELSEWHERE.includes(reply.status)) {
            // A cursor is documented as text, and refused unless it came from the list.
            expect(await reply.json()).toMatchObject({ code: "invalid_cursor" });
          }
        }),
        { ...property, numRuns: AS_DOCUMENTED },
      );
      if (!NEVER_ACCEPTED.includes(id)) expect(accepted).toBeGreaterThan(0);
    });

    test("refuses whatever else comes with a problem", { timeout: 120_000 }, async () => {
      const plans = fc
        .tuple(planOf(operation), fc.array(breaks, { minLength: 1, maxLength: 4 }))
        .map(([plan, ways]) => ways.reduce((broken, way) => way(broken), plan));
      await fc.assert(
        fc.asyncProperty(plans, async (plan) => {
          sent++;
          const reply = await asking.ask(operation, plan);
          expect(reply.status).toBeLessThan(500);
          if (reply.status >= 400) expect(reply.headers.get("content-type")).toBe("application/problem+json");
        }),
        { ...property, numRuns: BROKEN },
      );
    });
  },
);

test(`these were ${REQUESTS} requests and more`, () => {
  expect(sent).toBeGreaterThanOrEqual(REQUESTS);
});
