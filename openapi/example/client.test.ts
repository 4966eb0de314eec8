/** Tests of the example client with stubbed replies. */
import { expect, test } from "vitest";
import { connect, required, type Api, type Problem } from "./client";

const receive = async (status: number, type: string, body: string) => {
  const headers = { "Content-Type": type, "Content-Length": String(body.length) };
  const api: Api = connect(
    "http://127.0.0.1",
    "cha_key",
    () => undefined,
    () => Promise.resolve(new Response(body, { status, headers })),
  );
  return required(await api.GET("/api/keys"));
};

test("a problem becomes an error with its code and request id", async () => {
  const problem: Partial<Problem> = {
    ...{ status: 403, code: "insufficient_scope", detail: "No scope", requestId: "r-1" },
  };
  const type = "application/problem+json";
  await expect(receive(403, type, JSON.stringify(problem))).rejects.toThrow(
    "403 insufficient_scope: No scope (request r-1)",
  );
});

test.each(["<h1>Bad gateway</h1>", '{"message":"Bad gateway"}', ""])(
  "the reply %j of a gateway becomes an error with its status",
  async (body) => {
    await expect(receive(502, "text/html", body)).rejects.toThrow("502 from something in front of the API");
  },
);
