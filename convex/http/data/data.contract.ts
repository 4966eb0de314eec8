import { documented } from "#documented";
import * as z from "zod/mini";
import { contract } from "../kit/contract.kit";
import { atMost, email, text } from "../kit/fields.kit";

export const receiveData = contract("post", "/api/data", () => ({
  operationId: "receiveData",
  scope: null,
  query: { filter: z.exactOptional(z.string().check(atMost(200))) },
  body: z.unknown(),
  unparsed: true,
  replies: documented(() => ({ 200: z.object({ received: z.unknown(), filter: z.nullable(z.string()) }) })),
  docs: documented(() => ({
    tag: "Data",
    media: "application/json",
    summary: "Echo a JSON value and a query parameter",
    description: "Takes any JSON and answers it, beside the filter or null.",
    examples: {
      query: { filter: "new" },
      body: { hello: "world" },
      replies: { 200: { received: { hello: "world" }, filter: "new" } },
    },
  })),
}));

export const receiveForm = contract("post", "/api/form", () => ({
  operationId: "receiveForm",
  scope: null,
  form: { name: text(200), email: email() },
  replies: documented(() => ({ 200: z.object({ name: z.string(), email: z.string() }) })),
  docs: documented(() => ({
    tag: "Data",
    summary: "Take a form",
    description: "Takes the fields of a form, as browsers send it, and answers them.",
    examples: {
      body: { name: "Ada Lovelace", email: "ada@example.com" },
      replies: { 200: { name: "Ada Lovelace", email: "ada@example.com" } },
    },
  })),
}));
