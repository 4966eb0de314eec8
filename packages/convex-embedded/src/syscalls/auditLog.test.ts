import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";

async function start(functions: string) {
  const project = copyOf(BASIC);
  writeFileSync(
    join(project, "convex", "audited.ts"),
    `import { anyApi, internalActionGeneric as action, internalMutationGeneric as mutation,
       internalQueryGeneric as query, log } from "convex/server";
     const { vars } = log;
     ${functions}`,
  );
  const { server, logged } = await serve({ project });
  const run = (name: string) => server.run(`audited:${name}`, {});
  const audits = () => logged.filter(({ message }) => message.startsWith("Audit "));
  return { run, audits };
}

test("events are logged with their variables once the mutation is committed, those of nested functions too", async () => {
  const { run, audits } = await start(`
    export const outer = mutation(async (ctx) => {
      await log.audit({ event: "opened", at: vars.now, who: [vars.ip, vars.userAgent], actor: vars.convexActor });
      await ctx.runMutation(anyApi.audited.inner, {});
    });
    export const inner = mutation(() => log.audit({ event: "inner", request: vars.requestId }));
    export const fails = mutation(async () => { await log.audit({ event: "lost" }); throw new Error("on purpose"); });
    export const read = query(() => log.audit({ event: "read" }));`);
  await run("outer");
  await expect(run("fails")).rejects.toThrow("on purpose");
  await run("read");
  await run("read");
  expect(audits()).toEqual([
    {
      level: "info",
      path: "audited:outer",
      message: expect.stringMatching(
        /^Audit \{"event":"opened","at":\d+,"who":\[null,null\],"actor":null\}$/,
      ) as string,
    },
    {
      level: "info",
      path: "audited:outer",
      message: expect.stringMatching(/^Audit \{"event":"inner","request":"\w+"\}$/) as string,
    },
    { level: "info", path: "audited:read", message: 'Audit {"event":"read"}' },
    { level: "info", path: "audited:read", message: 'Audit {"event":"read"}' },
  ]);
});

test("actions, large lines and too many lines are refused", async () => {
  const { run, audits } = await start(`
    export const inAction = action(() => log.audit({ event: "no" }));
    export const large = mutation(() => log.audit({ text: "x".repeat(100_000) }));
    export const many = mutation(async () => { for (let i = 0; i <= 500; i++) await log.audit({ i }); });
    export const total = mutation(async () => { for (let i = 0; i < 41; i++) await log.audit({ text: "x".repeat(99_000) }); });`);
  await expect(run("inAction")).rejects.toThrow("Audit logging is not yet supported in actions");
  await expect(run("large")).rejects.toThrow("may have a maximum possible size of 100000 bytes");
  await expect(run("many")).rejects.toThrow("exceeded the maximum of 500 audit log lines.");
  await expect(run("total")).rejects.toThrow("could produce up to 4059451 bytes.");
  expect(audits()).toEqual([]);
});
