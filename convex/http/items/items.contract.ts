import { documented } from "#documented";
import * as z from "zod/mini";
import { contract } from "../kit/contract.kit";
import { atMost, id, text, time } from "../kit/fields.kit";

export const Item = documented(({ named }) =>
  named(
    "Item",
    z.object({
      id: z.string(),
      name: z.string(),
      description: z.exactOptional(z.string()),
      createdAt: time(),
      updatedAt: time(),
    }),
  ),
);

const description = () => z.string().check(atMost(4000));
const itemRef = () => ({ itemId: id() });

const bolt = documented(() => ({
  id: "k57f2q9v3s1x8w6t4r0pzc5m7h6a",
  name: "bolt",
  description: "M8, stainless",
  createdAt: "2026-01-31T12:00:00.000Z",
  updatedAt: "2026-01-31T12:00:00.000Z",
}));

export const listItems = contract("get", "/api/items", () => ({
  operationId: "listItems",
  scope: "items:read",
  paged: true,
  replies: documented(() => ({ 200: z.array(Item()) })),
  docs: documented(() => ({
    tag: "Items",
    summary: "List the caller's items, newest first",
    description: "Only the caller's own; each as `GET /api/items/{itemId}` shows it.",
    examples: { replies: { 200: [bolt()] } },
  })),
}));

export const createItem = contract("post", "/api/items", () => ({
  operationId: "createItem",
  scope: "items:write",
  idempotent: true,
  conditional: true,
  body: z.strictObject({ name: text(200), description: z.exactOptional(description()) }),
  replies: documented(() => ({ 201: Item() })),
  docs: documented(() => ({
    tag: "Items",
    summary: "Create an item",
    description: "It belongs to the caller. White space around the name is cut off.",
    examples: {
      body: { name: bolt().name, description: bolt().description },
      replies: { 201: bolt() },
    },
  })),
}));

export const getItem = contract("get", "/api/items/:itemId", () => ({
  operationId: "getItem",
  scope: "items:read",
  conditional: true,
  params: itemRef(),
  replies: documented(() => ({ 200: Item() })),
  docs: documented(() => ({
    tag: "Items",
    summary: "Fetch one item",
    description: "Another owner's item and no item look the same: 404.",
    examples: { params: { itemId: bolt().id }, replies: { 200: bolt() } },
  })),
}));

export const updateItem = contract("patch", "/api/items/:itemId", () => ({
  operationId: "updateItem",
  scope: "items:write",
  conditional: true,
  params: itemRef(),
  body: z.strictObject({
    name: z.exactOptional(text(200)),
    description: z.exactOptional(z.nullable(description())),
  }),
  replies: documented(() => ({ 200: Item() })),
  docs: documented(() => ({
    tag: "Items",
    summary: "Change an item",
    description: "Changes the fields that are sent. A `description` of null takes it away.",
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
  replies: documented(() => ({ 204: null })),
  docs: documented(() => ({
    tag: "Items",
    summary: "Delete an item",
    description: "Takes it away for good.",
    examples: { params: { itemId: bolt().id } },
  })),
}));
