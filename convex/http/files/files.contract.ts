import { documented } from "#documented";
import * as z from "zod/mini";
import { contract } from "../kit/contract.kit";
import { id, text, time } from "../kit/fields.kit";

const visibility = () => z.enum(["public", "private"]);

export const Upload = documented(({ named, whole }) =>
  named(
    "Upload",
    z.object({
      storageId: z.string(),
      contentType: z.string(),
      size: whole(),
      sha256: z.string(),
      visibility: visibility(),
    }),
  ),
);

export const File = documented(({ named, whole }) =>
  named(
    "File",
    z.object({
      id: z.string(),
      name: z.exactOptional(z.string()),
      contentType: z.string(),
      size: whole(),
      sha256: z.string(),
      visibility: visibility(),
      createdAt: time(),
    }),
  ),
);

const fileRef = () => ({ id: id() });

const picture = documented(() => ({
  id: "kg2dw3v8s1x8w6t4r0pzc5m7h6d",
  name: "bolt.png",
  contentType: "image/png",
  size: 40123,
  sha256: "93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588",
  visibility: "public",
  createdAt: "2026-01-31T12:00:00.000Z",
}));

export const uploadFile = contract("post", "/api/upload", () => ({
  operationId: "uploadFile",
  scope: "files:write",
  idempotent: true,
  query: { visibility: z.exactOptional(visibility()) },
  upload: true,
  replies: documented(() => ({ 200: Upload() })),
  headers: documented(() => ({ 200: ["Location"] })),
  docs: documented(() => ({
    tag: "Files",
    summary: "Upload a file",
    description:
      "The body is the file, its type in Content-Type, at most 20 MiB less a little. Larger files go through an upload URL. " +
      "It is public unless `visibility=private`.",
    examples: {
      query: { visibility: "public" },
      replies: {
        200: {
          storageId: picture().id,
          contentType: picture().contentType,
          size: picture().size,
          sha256: picture().sha256,
          visibility: "public",
        },
      },
    },
  })),
}));

export const createUploadUrl = contract("post", "/api/upload-url", () => ({
  operationId: "createUploadUrl",
  scope: "files:write",
  unlisted: true,
  secret: true,
  replies: documented(() => ({ 201: z.object({ uploadUrl: z.string(), expiresAt: time() }) })),
  docs: documented(() => ({
    tag: "Files",
    summary: "Get a URL for a direct upload",
    description:
      "A browser posts a file of any size to the URL and gets its `storageId`. Then register it with `POST /api/files`.",
    examples: {
      replies: {
        201: {
          uploadUrl: "https://happy-otter-123.convex.cloud/api/storage/upload?token=…",
          expiresAt: "2026-01-31T13:00:00.000Z",
        },
      },
    },
  })),
}));

export const registerFile = contract("post", "/api/files", () => ({
  operationId: "registerFile",
  scope: "files:write",
  idempotent: true,
  conditional: true,
  body: z.strictObject({
    storageId: id(),
    name: z.exactOptional(text(200)),
    visibility: z.exactOptional(visibility()),
  }),
  replies: documented(() => ({ 201: File() })),
  docs: documented(() => ({
    tag: "Files",
    summary: "Register an uploaded file",
    description:
      "Makes the caller the owner of bytes that went to an upload URL. What the caller has registered before is a conflict.",
    problems: ["conflict", "not_found"],
    examples: { body: { storageId: picture().id, name: picture().name }, replies: { 201: picture() } },
  })),
}));

export const listFiles = contract("get", "/api/files", () => ({
  operationId: "listFiles",
  scope: "files:read",
  paged: true,
  replies: documented(() => ({ 200: z.array(File()) })),
  docs: documented(() => ({
    tag: "Files",
    summary: "List the caller's files, newest first",
    description: "Shows what is known of each file; `GET /files/{id}` opens one.",
    examples: { replies: { 200: [picture()] } },
  })),
}));

export const getFile = contract("get", "/api/files/:id", () => ({
  operationId: "getFile",
  scope: "files:read",
  conditional: true,
  params: fileRef(),
  replies: documented(() => ({ 200: File() })),
  docs: documented(() => ({
    tag: "Files",
    summary: "Fetch what is known of a file",
    description: "Shows its type, size and SHA-256; `GET /files/{id}` opens it.",
    examples: { params: { id: picture().id }, replies: { 200: picture() } },
  })),
}));

export const deleteFile = contract("delete", "/api/files/:id", () => ({
  operationId: "deleteFile",
  scope: "files:write",
  conditional: true,
  params: fileRef(),
  replies: documented(() => ({ 204: null })),
  docs: documented(() => ({
    tag: "Files",
    summary: "Delete a file and its bytes",
    description: "Links to it lead nowhere from then on.",
    examples: { params: { id: picture().id } },
  })),
}));

export const openFile = contract("get", "/files/:id", () => ({
  operationId: "openFile",
  scope: "files:read",
  anonymous: true,
  params: fileRef(),
  replies: documented(() => ({ 302: null })),
  docs: documented(() => ({
    tag: "Files",
    summary: "Open a file",
    description: "Leads to its bytes. A private file opens only with a credential of its owner.",
    examples: { params: { id: picture().id } },
  })),
}));
