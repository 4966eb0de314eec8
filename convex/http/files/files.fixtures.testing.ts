import type { Fixtures } from "../testing/fixtures.testing";
import { deleted, json } from "../testing/replies.testing";
import { upload } from "../testing/uploads.testing";

export const fixtures: Fixtures = {
  resources: {
    "/api/files/:id": { belongsTo: "its owner", of: upload },
    "/files/:id": { belongsTo: "its owner", of: upload },
  },
  owned: {
    files: async (ctx, ownerId, store) => {
      const file = { contentType: "text/plain", size: 2, sha256: "", visibility: "private" as const };
      await ctx.db.insert("files", { ownerId, storageId: await store(), ...file, revision: 1 });
    },
  },
  access: { "GET /files/:id": "files:read" },
  scopeNames: { upload: "files", "upload-url": "files" },
  redirects: ["GET /api/files/:id/content", "GET /files/:id"],
  neverAccepted: ["POST /api/files"],
  lists: {
    "GET /api/files": {
      filters: { visibility: ["public", "private"] },
      make: (owner, { visibility }) => upload(owner, visibility),
    },
  },
  changes: {
    "file.created": async (call) => {
      const { url: _, ...file } = await json(call("GET", `/api/files/${await upload(call)}`));
      return file;
    },
    "file.deleted": async (call) => deleted(call, `/api/files/${await upload(call)}`),
  },
};
