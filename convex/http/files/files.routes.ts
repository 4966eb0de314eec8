import { internal } from "../../_generated/api";
import { storableType } from "../../lib/mediaType.lib";
import { deleteIfRefused } from "../../lib/textStorage.lib";
import { toTime } from "../../lib/time.lib";
import { toFile } from "../../views/file.lib";
import type { Registry } from "../kit/api.kit";
import { etag, isHeld } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import type { Register } from "../kit/table.kit";
import type * as credentialModule from "../middleware/credential.middleware";
import type * as downloadModule from "./download.files";
import * as contracts from "./files.contract";

/** Milliseconds for which Convex accepts an upload at an upload URL. */
const UPLOAD_URL_MS = 60 * 60 * 1000;

/** The maximum size of a response of a Convex function, in bytes. Clients download larger files from file storage. */
const MAX_DOWNLOAD = 20 * 1024 * 1024;

/** Load the parts that only some requests for files need. On Convex, every request for files would load a static import. */
type Loaders = {
  admission: () => Promise<typeof credentialModule>;
  download: () => Promise<typeof downloadModule>;
};

export function files(load: Loaders): Register {
  return (api) => addFiles(api, load);
}

function addFiles(api: Registry, load: Loaders): void {
  implement(api, contracts.uploadFile, async (c) => {
    const { caller, once, upload } = c.var;
    const { bytes, contentType, name } = upload;
    // The document stores the type as the client sent it. File storage accepts only a stricter form.
    const storageId = await c.env.storage.store(new Blob([bytes], { type: storableType(contentType) }));
    const record = {
      ownerId: caller.userId,
      storageId,
      contentType,
      ...(name !== undefined && { name }),
      visibility: c.req.valid("query").visibility ?? "public",
    };
    const file = await deleteIfRefused(c.env.storage, storageId, () =>
      once((key) => c.env.runMutation(internal.files.recordUpload, { ...record, ...key })),
    );
    const { createdAt: _, ...fields } = toFile(file);
    return c.json({ storageId: file.storageId, ...fields }, 200, { Location: `/files/${file.storageId}` });
  });

  implement(api, contracts.createUploadUrl, async (c) => {
    const { userId: ownerId } = c.var.caller;
    await c.env.runQuery(internal.usage.checkQuota, { ownerId, resource: "files" });
    const expiresAt = toTime(Date.now() + UPLOAD_URL_MS);
    return c.json({ uploadUrl: await c.env.storage.generateUploadUrl(), expiresAt }, 201);
  });

  implement(api, contracts.registerFile, async (c) => {
    const { caller, once } = c.var;
    const { visibility = "public", ...fields } = c.req.valid("json");
    const file = await once((key) =>
      c.env.runMutation(internal.files.register, { ownerId: caller.userId, visibility, ...fields, ...key }),
    );
    return c.json(toFile(file), 201, { Location: `/files/${file.storageId}`, ...etag(file) });
  });

  implement(api, contracts.listFiles, async (c) => {
    const { caller, page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.files.list, {
      ownerId: caller.userId,
      ...page.request,
    });
    return c.json(docs.map(toFile), 200, page.link(next));
  });

  implement(api, contracts.getFile, async (c) => {
    const { file, url } = await c.env.runQuery(internal.files.open, {
      ownerId: c.var.caller.userId,
      fileId: c.req.valid("param").id,
    });
    return c.json({ ...toFile(file), url }, 200, etag(file));
  });

  implement(api, contracts.downloadFile, async (c, fail) => {
    const { file, url } = await c.env.runQuery(internal.files.open, {
      ownerId: c.var.caller.userId,
      fileId: c.req.valid("param").id,
    });
    if (file.size > MAX_DOWNLOAD) return c.body(null, 302, { Location: url });
    const ETag = `"${file.sha256}"`;
    if (isHeld(c.req.header("If-None-Match"), ETag)) return c.body(null, 304, { ETag });
    const { describeDownload } = await load.download();
    const { status, headers, start, end } = describeDownload(file, c.req.raw, ETag);
    if (c.req.method === "HEAD") return c.body(null, status, headers);
    const blob = (await c.env.storage.get(file.storageId)) ?? fail("not_found", "File not found");
    return c.body(blob.slice(start, end + 1).stream(), status, headers);
  });

  implement(api, contracts.deleteFile, async (c) => {
    const { caller, ifMatch } = c.var;
    await c.env.runMutation(internal.files.remove, {
      ownerId: caller.userId,
      fileId: c.req.valid("param").id,
      ...(ifMatch && { ifMatch }),
    });
    return c.body(null, 204);
  });

  implement(api, contracts.openFile, async (c, fail) => {
    const file = await c.env.runQuery(internal.files.locate, { fileId: c.req.valid("param").id });
    if (!file) return fail("not_found", "File not found");
    if (file.visibility === "private") {
      const { requireCaller } = await load.admission();
      const caller = requireCaller(c.var.caller, "files:read");
      if (caller.userId !== file.ownerId) fail("not_found", "File not found");
    }
    return c.body(null, 302, { Location: file.url });
  });
}
