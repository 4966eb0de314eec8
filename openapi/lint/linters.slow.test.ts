import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../../convex/http/kit/described.kit";
import { productDocument } from "../product";
import { lint } from "./linters";

const FILE = "openapi/openapi.json";

/** A small document without findings. Each test breaks one part of it. */
const good = {
  openapi: "3.1.0",
  info: {
    title: "Things",
    version: "1.0.0",
    description: "For these tests.",
    contact: { name: "Nobody" },
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  servers: [{ url: "/" }],
  tags: [{ name: "Things", description: "All there is." }],
  paths: {
    "/things": {
      get: {
        operationId: "listThings",
        tags: ["Things"],
        summary: "List the things",
        description: "All of them.",
        security: [{ apiKey: ["things:read"] }],
        responses: {
          200: {
            description: "Done",
            content: {
              "application/json": {
                schema: { type: "array", items: { $ref: "#/components/schemas/Thing" } },
                example: [{ id: "1" }],
              },
            },
          },
          404: { description: "None" },
        },
      },
    },
  },
  components: {
    schemas: { Thing: { type: "object", required: ["id"], properties: { id: { type: "string" } } } },
    securitySchemes: { apiKey: { type: "apiKey", in: "header", name: "X-API-Key" } },
  },
} satisfies JsonSchema;

const changed = (change: (document: typeof good) => void): JsonSchema => {
  const document = structuredClone(good);
  change(document);
  return document;
};
const rules = async (document: JsonSchema, file = FILE) =>
  new Set((await lint(document, file)).map(({ linter, rule }) => `${linter} ${rule}`));

test("the document of this API has no findings", async () => {
  expect(await lint(await productDocument(), FILE)).toEqual([]);
}, 120_000);

test("a small valid document has no findings", async () => {
  expect(await lint(good, FILE)).toEqual([]);
});

const operation = ({ paths }: typeof good) => paths["/things"].get;

describe("an intended error is found", () => {
  test.each<[string, JsonSchema, string]>([
    [
      "a member that OpenAPI does not define",
      changed((document) => Object.assign(operation(document), { replies: {} })),
      "schema openapi-3.1",
    ],
    [
      "an example that does not fit its schema",
      changed((document) => {
        operation(document).responses[200].content["application/json"].example = [{ id: 1 as never }];
      }),
      "redocly no-invalid-media-type-examples",
    ],
    [
      "an example without a required field",
      changed((document) => {
        operation(document).responses[200].content["application/json"].example = [{} as never];
      }),
      "spectral oas3-valid-media-example",
    ],
    [
      "a reference that leads nowhere",
      changed((document) => {
        operation(document).responses[200].content["application/json"].schema.items.$ref =
          "#/components/schemas/No";
      }),
      "redocly no-unresolved-refs",
    ],
    [
      "an operation without a description, which is a warning",
      changed((document) => Reflect.deleteProperty(operation(document), "description")),
      "spectral operation-description",
    ],
    [
      "a group without a description",
      changed(({ tags }) => Reflect.deleteProperty(tags[0] ?? {}, "description")),
      "redocly tag-description",
    ],
    [
      "a scheme that does not exist",
      changed((document) => Object.assign(operation(document), { security: [{ cookie: [] }] })),
      "spectral oas3-operation-security-defined",
    ],
    [
      "a scope that OAuth does not have",
      changed(({ components }) => {
        const flows = { clientCredentials: { tokenUrl: "https://example.com/token", scopes: {} } };
        Object.assign(components.securitySchemes, { apiKey: { type: "oauth2", flows } });
      }),
      "spectral oas3-operation-security-defined",
    ],
    [
      "an operation without a 2xx reply, which has no exception",
      changed((document) => Reflect.deleteProperty(operation(document).responses, "200")),
      "redocly operation-2xx-response",
    ],
  ])("%s", async (_, document, rule) => {
    expect(await rules(document)).toContain(rule);
  });

  test("an external reference is refused and not fetched", async () => {
    const document = changed((broken) => {
      const { schema } = operation(broken).responses[200].content["application/json"];
      schema.items.$ref = "http://127.0.0.1:1/schema.json#/Thing";
    });
    expect(await rules(document)).toEqual(new Set(["own local-refs"]));
  });
});
