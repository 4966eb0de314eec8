import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { json, problem } from "../../../convex/http/testing/replies.testing";
import { eventually, root } from "./client";
import { describeWith } from "./describeWith";

const data = { b: 1, a: [1, null, "ü"] };
const canonical = '{"a":[1,null,"ü"],"b":1}';
const result = {
  sha256: createHash("sha256").update(canonical).digest("hex"),
  bytes: Buffer.byteLength(canonical),
  type: "object",
};

describeWith(["--key", "processData"], "jobs", () => {
  test("a value is processed synchronously", async () => {
    expect(await json(root("POST", "/api/process", { data }))).toEqual({ success: true, result });
  });

  test("a value is processed as a job with a status", async () => {
    const reply = await root("POST", "/api/process", { data }, { Prefer: "respond-async" });
    expect(reply.headers.get("preference-applied")).toBe("respond-async");
    const { id } = await json(reply, 202);
    const at = reply.headers.get("location") ?? "";
    expect(at).toBe(`/api/jobs/${String(id)}`);
    const done = await eventually(async () => {
      const job = await json(root("GET", at));
      return ["succeeded", "failed"].includes(String(job["status"])) ? job : undefined;
    });
    expect(done).toEqual({ id, status: "succeeded", result });
  });

  test("a request without data is refused", async () => {
    const { detail } = await problem(root("POST", "/api/process", {}), 400, "invalid_request");
    expect(detail).toBe("Missing required field: data");
  });
});
