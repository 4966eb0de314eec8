/**
 * Random requests, generated from the OpenAPI document: first valid ones, then ones with up to four faults. The server never
 * fails, sends only documented replies, and refuses with a problem.
 *
 * Another seed or a larger number gives other or more requests:
 * `FUZZ_SEED=$RANDOM FUZZ_REQUESTS=50000 npx vitest run --project slow convex/http/anything`.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { productDocument } from "../../openapi/contract/check";
import { breaksOf } from "../../openapi/contract/fuzz/breaks";
import { planOf } from "../../openapi/contract/fuzz/plans";
import { REQUESTS } from "../../openapi/contract/fuzz/size";
import type { FailureCode } from "../lib/failure.lib";
import { api } from "./api.app";
import { useEngine } from "./testing/engine.testing";
import { FIXTURES } from "./testing/fixtures.testing";
import { requester } from "./testing/generated.testing";
import { exampleSucceeds, routeOf } from "./testing/routes.testing";
import { settingsOf } from "./testing/settings.testing";
import { WEBHOOK_ENV } from "./testing/webhooks.testing";

const routes = (await api.contracts()).map(routeOf);

useEngine({ env: { ...settingsOf(routes), ...WEBHOOK_ENV } });

let requests: Awaited<ReturnType<typeof requester>>;
beforeAll(async () => {
  requests = await requester();
  return requests.close;
});

const { operations } = productDocument();
// Requests for each operation.
const BROKEN = Math.ceil(REQUESTS / operations.length);
const AS_DOCUMENTED = Math.max(30, Math.ceil(BROKEN / 5));
const property = { interruptAfterTimeLimit: 60_000 };
let sent = 0;

/** Statuses that depend on stored data, which the document does not describe. */
const DATA_DEPENDENT = [404, 409, 412, 422];

type Refusal = { code: FailureCode; errors?: { path: string; message: string }[] };

/**
 * Whether a refusal follows a rule that only a description can state: a cursor comes from the list, filters have to combine, a range of
 * times is not empty, and an endpoint's address is public.
 */
const isBeyondSchemas = ({ code, errors = [] }: Refusal): boolean =>
  code === "invalid_cursor" ||
  (code === "invalid_request" &&
    errors.length > 0 &&
    errors.every(
      ({ path, message }) =>
        path === "url" || /does not combine with|must be after createdAfter/.test(message),
    ));

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  "%s",
  (id, operation) => {
    const route = routes.find(({ operationId }) => operationId === id);

    test("accepts requests that the document allows", { timeout: 120_000 }, async () => {
      let accepted = 0;
      await fc.assert(
        fc.asyncProperty(planOf(operation), async (plan) => {
          sent++;
          const reply = await requests.ask(operation, plan);
          if (reply.status < 400) accepted++;
          else if (!DATA_DEPENDENT.includes(reply.status)) {
            const refusal = (await reply.json()) as Refusal;
            if (!isBeyondSchemas(refusal)) expect(route?.docs().problems ?? []).toContain(refusal.code);
          }
        }),
        { ...property, numRuns: AS_DOCUMENTED },
      );
      if (route && exampleSucceeds(route) && !FIXTURES.neverAccepted.includes(route.title))
        expect(accepted).toBeGreaterThan(0);
    });

    test("refuses invalid requests with a problem", { timeout: 120_000 }, async () => {
      const plans = fc
        .tuple(planOf(operation), fc.array(breaksOf(operation), { minLength: 1, maxLength: 4 }))
        .map(([plan, faults]) => faults.reduce((broken, applyFault) => applyFault(broken), plan));
      await fc.assert(
        fc.asyncProperty(plans, async (plan) => {
          sent++;
          const reply = await requests.ask(operation, plan);
          if (reply.status >= 500) {
            const { code } = (await reply.clone().json()) as { code: FailureCode };
            expect(route?.docs().problems ?? []).toContain(code);
          }
          if (reply.status >= 400) expect(reply.headers.get("content-type")).toBe("application/problem+json");
        }),
        { ...property, numRuns: BROKEN },
      );
    });
  },
);

test(`the suite sent at least ${REQUESTS} requests`, () => {
  expect(sent).toBeGreaterThanOrEqual(REQUESTS);
});
