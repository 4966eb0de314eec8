import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";

export const receiveData = contract("post", "/api/data", () => ({
  operationId: "receiveData",
  scope: null,
  query: ({ z, atMost }) => ({ filter: z.exactOptional(z.string().check(atMost(200))) }),
  body: { type: "anyJson" },
  docs: docsOnly(({ named, reply, z }) => ({
    tag: "Data",
    summary: "Echo a JSON value and a query parameter",
    description: "Returns the body and the query parameter `filter`.",
    fields: { filter: "Any text." },
    replies: {
      200: reply.text("application/json", {
        schema: named("Received", z.object({ received: z.unknown(), filter: z.nullable(z.string()) }), {
          received: "The body.",
          filter: "The query parameter, or null.",
        }),
      }),
    },
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
  body: { type: "form", fields: ({ text, email }) => ({ name: text(200), email: email() }) },
  docs: docsOnly(({ named, z }) => ({
    tag: "Data",
    summary: "Receive a form",
    description: "Accepts a form in either media type that browsers send, and returns its fields.",
    fields: {
      name: "The name of a person. White space around it is removed.",
      email: "The email address of the person.",
    },
    replies: {
      200: named("Form", z.object({ name: z.string(), email: z.string() }), {
        name: "The name, without white space around it.",
        email: "The email address.",
      }),
    },
    examples: {
      body: { name: "Ada Lovelace", email: "ada@example.com" },
      replies: { 200: { name: "Ada Lovelace", email: "ada@example.com" } },
    },
  })),
}));
