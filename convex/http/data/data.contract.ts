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
  replies: documented(({ named }) => ({
    200: named("Received", z.object({ received: z.unknown(), filter: z.nullable(z.string()) }), {
      received: "The body.",
      filter: "The query parameter, or null.",
    }),
  })),
  docs: documented(() => ({
    tag: "Data",
    media: "application/json",
    summary: "Echo a JSON value and a query parameter",
    description: "Returns the body and the query parameter `filter`.",
    fields: { filter: "Any text." },
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
  replies: documented(({ named }) => ({
    200: named("Form", z.object({ name: z.string(), email: z.string() }), {
      name: "The name, without white space around it.",
      email: "The email address.",
    }),
  })),
  docs: documented(() => ({
    tag: "Data",
    summary: "Receive a form",
    description: "Accepts a form in either media type that browsers send, and returns its fields.",
    fields: { name: "A name.", email: "An email address." },
    examples: {
      body: { name: "Ada Lovelace", email: "ada@example.com" },
      replies: { 200: { name: "Ada Lovelace", email: "ada@example.com" } },
    },
  })),
}));
