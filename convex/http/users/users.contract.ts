import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

export const User = docsOnly(({ named, upTo, z, time }) =>
  named(
    "User",
    z.object({
      id: z.string(),
      clerkId: z.exactOptional(z.string()),
      email: upTo(MAX_EMAIL),
      name: z.string(),
      suspended: z.exactOptional(z.boolean()),
      createdAt: time(),
    }),
    {
      id: "The user's id.",
      clerkId: "The user's id at Clerk. Absent for users that are not in Clerk.",
      email: "The user's email address. It is unique; the case of ASCII letters is ignored.",
      name: "The user's name.",
      suspended: "`true` while the user is banned in Clerk. Every credential of the user is refused.",
      createdAt: "The time of the user's creation.",
    },
  ),
);

/** The maximum length of an email address, in characters. */
const MAX_EMAIL = 254;
const userRef = () => ({ id: id() });
const fields = docsOnly(() => ({
  id: "The user's id.",
  email: "An email address that no other user has.",
  name: "The user's name.",
}));

export const ada = docsOnly(() => ({
  id: "jd72k0wq5n8v4c6x1z9t3rpmh57a",
  email: "ada@example.com",
  name: "Ada Lovelace",
  createdAt: "2026-01-31T12:00:00.000Z",
}));

export const listUsers = contract("get", "/api/users", () => ({
  operationId: "listUsers",
  scope: "users:read",
  paged: { filters: ({ email }) => ({ email: email() }) },
  docs: docsOnly(({ z }) => ({
    tag: "Users",
    summary: "List the users, newest first",
    description: "Returns all users of the deployment.",
    fields: { email: "Only the user with this email address, in any case of ASCII letters." },
    replies: { 200: z.array(User()) },
    examples: { query: { email: ada().email }, replies: { 200: [ada()] } },
  })),
}));

export const createUser = contract("post", "/api/users", () => ({
  operationId: "createUser",
  scope: "users:write",
  idempotent: true,
  conditional: true,
  body: { type: "json", schema: ({ z, email, text }) => z.strictObject({ email: email(), name: text(200) }) },
  docs: docsOnly(() => ({
    tag: "Users",
    summary: "Create a user",
    problems: ["conflict"],
    description: "Returns 409 if another user has the email address, in any letter case.",
    fields: fields(),
    replies: { 201: User() },
    examples: { body: { email: ada().email, name: ada().name }, replies: { 201: ada() } },
  })),
}));

export const getUser = contract("get", "/api/users/:id", () => ({
  operationId: "getUser",
  scope: "users:read",
  conditional: true,
  params: userRef(),
  docs: docsOnly(() => ({
    tag: "Users",
    summary: "Fetch one user",
    description: "Returns any user of the deployment.",
    fields: fields(),
    replies: { 200: User() },
    examples: { params: { id: ada().id }, replies: { 200: ada() } },
  })),
}));

export const updateUser = contract("patch", "/api/users/:id", () => ({
  operationId: "updateUser",
  scope: "users:write",
  conditional: true,
  params: userRef(),
  body: {
    type: "json",
    schema: ({ z, email, text }) =>
      z.strictObject({ email: z.exactOptional(email()), name: z.exactOptional(text(200)) }),
  },
  docs: docsOnly(() => ({
    tag: "Users",
    summary: "Change a user",
    description: "Changes the fields in the body. Returns 409 if another user has the email address.",
    fields: fields(),
    problems: ["conflict"],
    replies: { 200: User() },
    examples: { params: { id: ada().id }, body: { name: ada().name }, replies: { 200: ada() } },
  })),
}));

export const deleteUser = contract("delete", "/api/users/:id", () => ({
  operationId: "deleteUser",
  scope: "users:write",
  conditional: true,
  params: userRef(),
  docs: docsOnly(() => ({
    tag: "Users",
    summary: "Delete a user",
    description: "Revokes the user's keys at once, and deletes the user's items, files and jobs soon after.",
    fields: fields(),
    replies: { 204: null },
    examples: { params: { id: ada().id } },
  })),
}));
