import { docsOnly } from "#docsOnly";
import { contract, type FieldSchemas } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

const MAX_NAME = 200;
const MAX_DESCRIPTION = 4000;
const MAX_BATCH = 100;

export const Item = docsOnly(({ named, upTo, z, time }) =>
  named(
    "Item",
    z.object({
      id: z.string(),
      name: upTo(MAX_NAME),
      description: z.exactOptional(upTo(MAX_DESCRIPTION)),
      createdAt: time(),
      updatedAt: time(),
    }),
    {
      id: "The item's id.",
      name: "The item's name.",
      description: "The item's description, if it has one.",
      createdAt: "The time of the item's creation.",
      updatedAt: "The time of the item's last change.",
    },
  ),
);

const fields = docsOnly(() => ({
  name: "The item's name. The API removes white space around it.",
  description: "A description of the item.",
  itemId: "The `id` of the item, from its creation or a list.",
}));
const description = ({ z, atMost }: Pick<FieldSchemas, "z" | "atMost">) =>
  z.string().check(atMost(MAX_DESCRIPTION));
const newItem = ({ z, text, atMost }: Pick<FieldSchemas, "z" | "text" | "atMost">) =>
  z.strictObject({ name: text(MAX_NAME), description: z.exactOptional(description({ z, atMost })) });
const itemRef = () => ({ itemId: id() });

export const bolt = docsOnly(() => ({
  id: "k57f2q9v3s1x8w6t4r0pzc5m7h6a",
  name: "bolt",
  description: "M8, stainless",
  createdAt: "2026-01-31T12:00:00.000Z",
  updatedAt: "2026-01-31T12:00:00.000Z",
}));

export const listItems = contract("get", "/api/items", () => ({
  operationId: "listItems",
  scope: "items:read",
  paged: { search: true },
  docs: docsOnly(({ z }) => ({
    tag: "Items",
    summary: "List the caller's items, newest first",
    description:
      "Returns the caller's own items, each as in `GET /api/items/{itemId}`. With `q`, returns the items whose name or description " +
      "contains one of its words, by rank and at most the first 1,000. The last word of `q` also matches longer words that start with " +
      "it. While others write, the pages of a search may repeat or lose an item.",
    fields: { q: "Words to search for in names and descriptions. The first 16 count." },
    replies: { 200: z.array(Item()) },
    examples: { query: { q: bolt().name }, replies: { 200: [bolt()] } },
  })),
}));

export const createItem = contract("post", "/api/items", () => ({
  operationId: "createItem",
  scope: "items:write",
  idempotent: true,
  conditional: true,
  body: {
    type: "json",
    schema: newItem,
  },
  docs: docsOnly(() => ({
    tag: "Items",
    summary: "Create an item",
    problems: ["quota_exceeded"],
    description: "The item belongs to the caller.",
    fields: fields(),
    replies: { 201: Item() },
    examples: {
      body: { name: bolt().name, description: bolt().description },
      replies: { 201: bolt() },
    },
  })),
}));

export const createItems = contract("post", "/api/items/batch", () => ({
  operationId: "createItems",
  scope: "items:write",
  idempotent: true,
  unlisted: true,
  body: {
    type: "json",
    schema: ({ z, text, atMost }) =>
      z.array(newItem({ z, text, atMost })).check(z.minLength(1), atMost(MAX_BATCH)),
  },
  docs: docsOnly(({ z }) => ({
    tag: "Items",
    summary: "Create up to 100 items",
    problems: ["quota_exceeded"],
    description:
      "Creates all items or none. The reply has the items in the order of the request. An invalid field is named with the index " +
      "of its item, such as `2.name`. The `Idempotency-Key` covers the whole batch.",
    fields: fields(),
    replies: { 201: z.array(Item()) },
    examples: {
      body: [{ name: bolt().name, description: bolt().description }],
      replies: { 201: [bolt()] },
    },
  })),
}));

export const getItem = contract("get", "/api/items/:itemId", () => ({
  operationId: "getItem",
  scope: "items:read",
  conditional: true,
  params: itemRef(),
  docs: docsOnly(() => ({
    tag: "Items",
    summary: "Fetch one item",
    description: "Another owner's item is 404, like an item that does not exist.",
    fields: fields(),
    replies: { 200: Item() },
    examples: { params: { itemId: bolt().id }, replies: { 200: bolt() } },
  })),
}));

export const updateItem = contract("patch", "/api/items/:itemId", () => ({
  operationId: "updateItem",
  scope: "items:write",
  conditional: true,
  params: itemRef(),
  body: {
    type: "json",
    schema: ({ z, text, atMost }) =>
      z.strictObject({
        name: z.exactOptional(text(MAX_NAME)),
        description: z.exactOptional(z.nullable(description({ z, atMost }))),
      }),
  },
  docs: docsOnly(() => ({
    tag: "Items",
    summary: "Change an item",
    description: "Changes the fields in the body. A `description` of null removes the description.",
    fields: fields(),
    replies: { 200: Item() },
    examples: {
      params: { itemId: bolt().id },
      body: { name: "bolt" },
      replies: { 200: bolt() },
    },
  })),
}));

export const deleteItem = contract("delete", "/api/items/:itemId", () => ({
  operationId: "deleteItem",
  scope: "items:write",
  conditional: true,
  params: itemRef(),
  docs: docsOnly(() => ({
    tag: "Items",
    summary: "Delete an item",
    description: "Deletes the item permanently.",
    fields: fields(),
    replies: { 204: null },
    examples: { params: { itemId: bolt().id } },
  })),
}));
