import { fail, type FieldError } from "../../lib/failure.lib";
import { decodeUtf8 } from "../../lib/json.lib";
import { parseMediaType, storableType } from "../../lib/mediaType.lib";
import { partsOfForm, type FormPart } from "../../lib/multipart.lib";
import { sha256 } from "../../lib/hash.lib";
import type { Body } from "../kit/body.kit";
import type { ApiContext } from "../kit/env.kit";
import "../kit/everyRequest.kit";
import type { FileSpec } from "../kit/multipart.kit";
import type { Content } from "./body.middleware";

export { fileOfForm } from "../../lib/multipart.lib";

/** The maximum number of text fields in a form. */
const MAX_FIELDS = 100;

/**
 * Reads a form with named files and text fields. Sets `c.var.files`, and leaves the text fields to the validation of forms. The body
 * and one copy of each file are in memory, as in an upload of one file.
 *
 * @returns The content that an `Idempotency-Key` is bound to: the names, types and digests of all parts, without the boundary.
 * @throws ConvexError `invalid_request` or `payload_too_large`, which names each refused file by its field.
 */
export async function readMultipart(
  c: ApiContext,
  bytes: Uint8Array<ArrayBuffer>,
  { files }: Extract<Body, { type: "multipart" }>,
): Promise<Content> {
  const type = c.req.header("Content-Type") ?? "";
  const most = Object.values(files).reduce((sum, { max = 1 }) => sum + max, MAX_FIELDS);
  const all = partsOfForm(bytes, type, most);
  // A browser sends an empty part without a file name for an input without a file.
  const parts = all.filter(({ fileName, bytes: { byteLength } }) => fileName !== "" || byteLength > 0);

  const fields = new FormData();
  const uploaded = parts.filter(({ fileName, name, bytes: text }) => {
    if (fileName === undefined) fields.append(name, textOf(name, text));
    return fileName !== undefined;
  });
  requireFiles(files, uploaded);
  c.req.bodyCache.formData = fields;
  c.set("files", collect(files, uploaded));
  return {
    bytes: c.req.header("Idempotency-Key") === undefined ? new ArrayBuffer(0) : await digestOf(parts),
    type: "multipart/form-data",
  };
}

/** Refuses files that the contract does not allow. All errors are in one refusal. */
function requireFiles(specs: Readonly<Record<string, FileSpec>>, parts: readonly FormPart[]): void {
  const errors: FieldError[] = [];
  const report = (path: string, message: string) => errors.push({ in: "body", path, message });
  let tooLarge = false;
  for (const name of new Set([...Object.keys(specs), ...parts.map((part) => part.name)])) {
    const own = parts.filter((part) => part.name === name);
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (!spec) {
      report(name, "is not a known file");
      continue;
    }
    const { max, optional, types, maxBytes = Infinity } = spec;
    if (own.length === 0 && !optional) report(name, "is required");
    if (own.length > (max ?? 1))
      report(name, max === undefined ? "must be given only once" : `must have at most ${max} files`);
    for (const [at, { bytes, contentType }] of own.entries()) {
      const path = max === undefined ? name : `${name}.${at}`;
      if (bytes.byteLength === 0) report(path, "must not be empty");
      if (types && !types.some((accepted) => isOf(contentType, accepted))) {
        report(path, `must be of type ${types.join(" or ")}, not ${essenceOf(contentType)}`);
      }
      if (bytes.byteLength > maxBytes) {
        tooLarge = true;
        report(path, `must have at most ${maxBytes} bytes`);
      }
    }
  }
  const [first, ...others] = errors;
  if (!first) return;
  const detail =
    others.length === 0
      ? `${first.path}: ${first.message}`
      : `${errors.length} files are invalid: ${errors.map(({ path }) => path).join(", ")}`;
  const onlySize = tooLarge && errors.every(({ message }) => message.endsWith(" bytes"));
  fail(onlySize ? "payload_too_large" : "invalid_request", detail, { errors });
}

const essenceOf = (type: string): string => (parseMediaType(type)?.essence ?? type).toLowerCase();

/** Whether a media type is an accepted type, such as `image/png`, or in an accepted range, such as `image/*`. */
function isOf(type: string, accepted: string): boolean {
  const essence = essenceOf(type);
  return accepted.endsWith("/*") ? essence.startsWith(accepted.slice(0, -1)) : essence === accepted;
}

function collect(
  specs: Readonly<Record<string, FileSpec>>,
  parts: readonly FormPart[],
): Record<string, File | File[] | undefined> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { max }]) => {
      const files = parts.filter((part) => part.name === name).map(fileOf);
      return [name, max === undefined ? files[0] : files];
    }),
  );
}

const fileOf = ({ bytes, fileName = "", contentType }: FormPart): File =>
  new File([bytes], fileName, { type: storableType(contentType) });

function textOf(name: string, bytes: Uint8Array<ArrayBuffer>): string {
  const text = decodeUtf8(bytes, true);
  if (text !== null) return text;
  return fail("invalid_request", `${name}: must be valid UTF-8`, {
    errors: [{ in: "body", path: name, message: "must be valid UTF-8" }],
  });
}

async function digestOf(parts: readonly FormPart[]): Promise<Uint8Array<ArrayBuffer>> {
  const lines: unknown[] = [];
  for (const { name, fileName, contentType, bytes } of parts) {
    lines.push([name, fileName, contentType, await sha256(bytes)]);
  }
  return new TextEncoder().encode(JSON.stringify(lines));
}
