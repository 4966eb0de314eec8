import { describe, expect, test } from "vitest";
import { BOTH, start } from "./harnessForTests";

describe.each(BOTH)("on %s", (_name, convexTest) => {
  const text = "stored";
  // The digest of the text above, from `sha256sum` and `base64`.
  const sha256 = "h7BOWJYfmpnYU9QEagtbeT58Pku9IfWsqPsXwgzbHYs=";

  test("an action stores, reads and deletes files", async () => {
    const t = start(convexTest);
    const id = await t.action((ctx) => ctx.storage.store(new Blob([text])));
    expect(await t.run((ctx) => ctx.db.system.get("_storage", id))).toMatchObject({
      _id: id,
      size: text.length,
      sha256,
    });
    expect(await t.action(async (ctx) => (await ctx.storage.get(id))?.text())).toBe(text);
    await t.action((ctx) => ctx.storage.delete(id));
    expect(await t.action((ctx) => ctx.storage.get(id).then((blob) => blob === null))).toBe(true);
    expect(await t.run((ctx) => ctx.db.system.query("_storage").collect())).toEqual([]);
  });

  test("a file exists after the transaction that stores it commits, and not after one that deletes it", async () => {
    const t = start(convexTest);
    const kept = await t.run((ctx) => ctx.storage.store(new Blob([text])));
    const failing = t.run(async (ctx) => {
      await ctx.storage.store(new Blob(["never"]));
      await ctx.storage.delete(kept);
      expect(await ctx.storage.getUrl(kept)).toBeNull();
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await t.run((ctx) => ctx.db.system.query("_storage").collect())).toMatchObject([{ _id: kept }]);
    expect(await t.run(async (ctx) => (await ctx.storage.get(kept))?.text())).toBe(text);
    await t.mutation((ctx) => ctx.storage.delete(kept));
    expect(await t.query((ctx) => ctx.storage.getUrl(kept))).toBeNull();
  });

  test("URLs have the form of a deployment's URLs", async () => {
    const t = start(convexTest);
    const id = await t.run((ctx) => ctx.storage.store(new Blob([text])));
    expect(await t.query((ctx) => ctx.storage.getUrl(id))).toMatch(/^https:\/\/.+\/api\/storage\/./);
    expect(await t.mutation((ctx) => ctx.storage.generateUploadUrl())).toMatch(
      /^https:\/\/.+\/upload\?token=./,
    );
  });
});
