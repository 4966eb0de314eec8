import { documented } from "#documented";
import * as z from "zod/mini";
import { contract } from "../kit/contract.kit";
import { email, id, text, time } from "../kit/fields.kit";

export const User = documented(({ named }) =>
  named(
    "User",
    z.object({
      id: z.string(),
      clerkId: z.exactOptional(z.string()),
      email: z.string(),
      name: z.string(),
      suspended: z.exactOptional(z.boolean()),
      createdAt: time(),
    }),
  ),
);

const userRef = () => ({ id: id() });

export const ada = documented(() => ({
  id: "jd72k0wq5n8v4c6x1z9t3rpmh57a",
  email: "ada@example.com",
  name: "Ada Lovelace",
  createdAt: "2026-01-31T12:00:00.000Z",
}));

export const listUsers = contract("get", "/api/users", () => ({
  operationId: "listUsers",
  scope: "users:read",
  paged: true,
  replies: documented(() => ({ 200: z.array(User()) })),
  docs: documented(() => ({
    tag: "Users",
    summary: "List the users, newest first",
    description: "All users of the deployment, whoever asks.",
    examples: { replies: { 200: [ada()] } },
  })),
}));

export const createUser = contract("post", "/api/users", () => ({
  operationId: "createUser",
  scope: "users:write",
  idempotent: true,
  conditional: true,
  body: z.strictObject({ email: email(), name: text(200) }),
  replies: documented(() => ({ 201: User() })),
  docs: documented(() => ({
    tag: "Users",
    summary: "Create a user",
    problems: ["conflict"],
    description: "The email must be free, in any letter case; one that is taken is a conflict.",
    examples: { body: { email: ada().email, name: ada().name }, replies: { 201: ada() } },
  })),
}));

export const getUser = contract("get", "/api/users/:id", () => ({
  operationId: "getUser",
  scope: "users:read",
  conditional: true,
  params: userRef(),
  replies: documented(() => ({ 200: User() })),
  docs: documented(() => ({
    tag: "Users",
    summary: "Fetch one user",
    description: "Any user of the deployment, whoever asks.",
    examples: { params: { id: ada().id }, replies: { 200: ada() } },
  })),
}));

export const updateUser = contract("patch", "/api/users/:id", () => ({
  operationId: "updateUser",
  scope: "users:write",
  conditional: true,
  params: userRef(),
  body: z.strictObject({ email: z.exactOptional(email()), name: z.exactOptional(text(200)) }),
  replies: documented(() => ({ 200: User() })),
  docs: documented(() => ({
    tag: "Users",
    summary: "Change a user",
    description: "Changes the fields that are sent. An email that another user has is a conflict.",
    problems: ["conflict"],
    examples: { params: { id: ada().id }, body: { name: ada().name }, replies: { 200: ada() } },
  })),
}));

export const deleteUser = contract("delete", "/api/users/:id", () => ({
  operationId: "deleteUser",
  scope: "users:write",
  conditional: true,
  params: userRef(),
  replies: documented(() => ({ 204: null })),
  docs: documented(() => ({
    tag: "Users",
    summary: "Delete a user",
    description: "Its keys stop working at once; what it owned is deleted soon after.",
    examples: { params: { id: ada().id } },
  })),
}));
