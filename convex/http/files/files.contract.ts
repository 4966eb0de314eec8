import { docsOnly } from "#docsOnly";
import { contract, type FieldSchemas } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

const visibility = ({ z }: Pick<FieldSchemas, "z">) => z.enum(["public", "private"]);

/** The maximum length of a name, in code points. */
const MAX_NAME = 200;

const shape = docsOnly(({ whole, hash, upTo, z }) => ({
  name: z.exactOptional(upTo(MAX_NAME)),
  contentType: z.string(),
  size: whole(),
  sha256: hash(),
  visibility: visibility({ z }),
}));

const shapeFields = docsOnly(() => ({
  id: "The file's id, for `/api/files/{id}` and `/files/{id}`.",
  name: "The file's name, if the client gave one.",
  contentType: "The media type as the client sent it.",
  size: "The size in bytes.",
  sha256: "The SHA-256 of the bytes, in lower-case hex.",
  visibility: "`public`: anyone can open the file. `private`: only its owner can open it.",
  createdAt: "The time of the upload or of the registration.",
}));

export const Upload = docsOnly(({ named, z }) =>
  named("Upload", z.object({ id: z.string(), storageId: z.string(), ...shape() }), {
    ...shapeFields(),
    storageId: "The same as `id`.",
  }),
);

export const StoredFile = docsOnly(({ named, z, time }) =>
  named("StoredFile", z.object({ id: z.string(), ...shape(), createdAt: time() }), shapeFields()),
);

export const StoredFileWithUrl = docsOnly(({ named, z, time }) =>
  named("StoredFileWithUrl", z.object({ id: z.string(), ...shape(), url: z.string(), createdAt: time() }), {
    ...shapeFields(),
    url: "The URL of the bytes. It works without a credential, so anyone with the URL can read the file.",
  }),
);

const fileRef = () => ({ id: id() });
const ID = "The file's id.";

const sample = docsOnly(() => ({
  name: "bolt.png",
  contentType: "image/png",
  size: 40123,
  sha256: "93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588",
  visibility: "public" as const,
}));
const picture = docsOnly(() => ({
  id: "kg2dw3v8s1x8w6t4r0pzc5m7h6d",
  ...sample(),
  createdAt: "2026-01-31T12:00:00.000Z",
}));

export const uploadFile = contract("post", "/api/upload", () => ({
  operationId: "uploadFile",
  scope: "files:write",
  idempotent: true,
  query: ({ z }) => ({ visibility: z.exactOptional(visibility({ z })) }),
  body: { type: "file" },
  docs: docsOnly(({ reply, z }) => ({
    tag: "Files",
    summary: "Upload a file",
    problems: ["quota_exceeded"],
    description:
      "Stores the body and registers it as the caller's file. `POST /api/files` is not needed afterwards. The body is either the " +
      "bytes, with their type in `Content-Type`, or a form (`multipart/form-data`) with one file and no other field. A file in a " +
      "form keeps its own type and name. The maximum size is 20 MiB less 64 KiB. Upload larger files to an upload URL. The file " +
      "is public unless `visibility=private`. An `Idempotency-Key` covers the file's bytes, type and name, but not the boundary " +
      "of a form.",
    fields: { visibility: "`public`, the default, or `private`." },
    replies: { 200: reply.json(Upload(), { headers: { Location: z.string() } }) },
    examples: {
      query: { visibility: "public" },
      replies: { 200: { id: picture().id, storageId: picture().id, ...sample() } },
    },
  })),
}));

export const createUploadUrl = contract("post", "/api/upload-url", () => ({
  operationId: "createUploadUrl",
  scope: "files:write",
  unlisted: true,
  secret: true,
  docs: docsOnly(({ named, z, time }) => ({
    tag: "Files",
    summary: "Get a URL for a direct upload",
    problems: ["quota_exceeded"],
    description:
      "Send a file of any size to the URL by POST within an hour. The response contains its `storageId`. Then register the file " +
      "with `POST /api/files`.",
    replies: {
      201: named("UploadUrl", z.object({ uploadUrl: z.string(), expiresAt: time() }), {
        uploadUrl: "The URL that accepts the file by POST, without a credential.",
        expiresAt: "The time at which the URL expires.",
      }),
    },
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
  body: {
    type: "json",
    schema: ({ z, text }) =>
      z.strictObject({
        storageId: z.string(),
        name: z.exactOptional(text(MAX_NAME)),
        visibility: z.exactOptional(visibility({ z })),
      }),
  },
  docs: docsOnly(() => ({
    tag: "Files",
    summary: "Register an uploaded file",
    description:
      "Makes the caller the owner of bytes that were sent to an upload URL. A file from `POST /api/upload` is already registered. " +
      "Registering a file again returns 409.",
    problems: ["conflict", "not_found", "quota_exceeded"],
    fields: {
      storageId: "The id that the upload URL returned.",
      name: "The file's name.",
      visibility: "`public`, the default, or `private`.",
    },
    replies: { 201: StoredFile() },
    examples: { body: { storageId: picture().id, name: picture().name }, replies: { 201: picture() } },
  })),
}));

export const listFiles = contract("get", "/api/files", () => ({
  operationId: "listFiles",
  scope: "files:read",
  paged: { filters: ({ z }) => ({ visibility: visibility({ z }) }) },
  docs: docsOnly(({ z }) => ({
    tag: "Files",
    summary: "List the caller's files, newest first",
    description: "Returns the metadata of each file, without its `url`.",
    fields: { visibility: "Only files with this visibility." },
    replies: { 200: z.array(StoredFile()) },
    examples: { query: { visibility: picture().visibility }, replies: { 200: [picture()] } },
  })),
}));

export const getFile = contract("get", "/api/files/:id", () => ({
  operationId: "getFile",
  scope: "files:read",
  conditional: true,
  params: fileRef(),
  docs: docsOnly(() => ({
    tag: "Files",
    summary: "Fetch a file's metadata",
    description:
      "The field `url` is the URL of the bytes. Browsers should use it instead of `GET /files/{id}`, because they would send " +
      "`X-API-Key` along with the redirect to another origin. Another owner's file returns 404.",
    fields: { id: ID },
    replies: { 200: StoredFileWithUrl() },
    examples: {
      params: { id: picture().id },
      replies: { 200: { ...picture(), url: "https://happy-otter-123.convex.cloud/api/storage/0b0f5a2e" } },
    },
  })),
}));

const downloadHeaders = docsOnly(({ z }) => ({
  "Accept-Ranges": z.string(),
  "Content-Disposition": z.string(),
}));

export const downloadFile = contract("get", "/api/files/:id/content", () => ({
  operationId: "downloadFile",
  scope: "files:read",
  conditional: true,
  params: fileRef(),
  docs: docsOnly(({ reply }) => ({
    tag: "Files",
    summary: "Download a file",
    description:
      "Returns the bytes with the file's own type and name. The `ETag` is their SHA-256. For a file of more than 20 MiB, the " +
      "response redirects to file storage, which also supports `Range`. Another owner's file returns 404.",
    problems: ["range_not_satisfiable"],
    fields: { id: ID },
    headers: {
      Range: {
        description: "One range of bytes (RFC 9110). Several ranges return the whole file.",
        example: "bytes=0-99",
      },
      "If-Range": {
        description: "An `ETag`. `Range` applies only if the file still has this tag (RFC 9110).",
        example: `"${picture().sha256}"`,
      },
    },
    replies: {
      200: reply.binary("application/octet-stream", { headers: downloadHeaders() }),
      206: reply.binary("application/octet-stream", { headers: downloadHeaders() }),
      302: null,
      304: null,
    },
    examples: { params: { id: picture().id } },
  })),
}));

export const deleteFile = contract("delete", "/api/files/:id", () => ({
  operationId: "deleteFile",
  scope: "files:write",
  conditional: true,
  params: fileRef(),
  docs: docsOnly(() => ({
    tag: "Files",
    summary: "Delete a file and its bytes",
    description: "Deletes the file permanently. Its URLs return 404 afterwards.",
    fields: { id: ID },
    replies: { 204: null },
    examples: { params: { id: picture().id } },
  })),
}));

export const openFile = contract("get", "/files/:id", () => ({
  operationId: "openFile",
  scope: "files:read",
  anonymous: true,
  params: fileRef(),
  docs: docsOnly(() => ({
    tag: "Files",
    summary: "Open a file",
    description: "Redirects to the bytes. A private file requires a credential of its owner.",
    fields: { id: ID },
    replies: { 302: null },
    examples: { params: { id: picture().id } },
  })),
}));
