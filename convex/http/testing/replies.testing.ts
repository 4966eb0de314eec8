import { expect } from "vitest";
import type { FailureCode, FieldError } from "../../lib/failure.lib";
import type { Caller } from "./caller.testing";

/** A JSON object as a client reads it. */
export type Json = Record<string, unknown>;

export type Problem = {
  type: string;
  title: string;
  status: number;
  code: FailureCode;
  detail: string;
  error: string;
  requestId: string;
  errors?: FieldError[];
};

/** Returns the JSON object of a reply. Expects this status. */
export async function json(reply: Response | Promise<Response>, status = 200): Promise<Json> {
  const response = await reply;
  const text = await response.text();
  expect(response.status, text).toBe(status);
  return JSON.parse(text) as Json;
}

/** Returns the id in a JSON reply. Expects this status. */
export async function idOf(reply: Response | Promise<Response>, status = 200): Promise<string> {
  return String((await json(reply, status))["id"]);
}

/** Deletes the resource at a path. Returns what an event shows of a deleted resource: its id. */
export async function deleted(call: Caller, path: string): Promise<Json> {
  expect((await call("DELETE", path)).status).toBe(204);
  return { id: path.split("/").at(-1) };
}

/** Returns the JSON array of a list's page. Expects the status 200. */
export async function page(reply: Response | Promise<Response>): Promise<Json[]> {
  return (await json(reply)) as unknown as Json[];
}

/** Returns the problem of a reply. Expects this status and code. */
export async function problem(
  reply: Response | Promise<Response>,
  status: number,
  code: FailureCode,
): Promise<Problem> {
  const response = await reply;
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = JSON.parse(text) as Problem;
  expect(body).toMatchObject({ status, code, error: body.detail });
  return body;
}

/** Returns the address of the next page from the `Link` header, or undefined on the last page. */
export function nextOf(response: Response): string | undefined {
  const link = response.headers.get("link");
  return link === null ? undefined : /^<([^>]+)>; rel="next"$/.exec(link)?.[1];
}

/** Returns the key with one character of its secret changed. */
export function mistyped(key: string): string {
  const at = key.length - 20;
  return key.slice(0, at) + (key[at] === "x" ? "y" : "x") + key.slice(at + 1);
}
