/** The modules that Convex's command line pushes, bundled by it, and their form in the database. */
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { createHash } from "node:crypto";

/** One file that the command line bundled. */
export interface PushedModule {
  /** Relative to its component: `messages.js`, `_deps/K3J2.js`. */
  readonly path: string;
  /** An ES module. */
  readonly source: string;
  readonly sourceMap: string | null;
  /** `node` for a `"use node"` file and the chunks of such files. Absent in other modules. */
  readonly environment?: "node";
}

/** The app or the definition of a component. */
export interface PushedComponent {
  /** The folder of its definition relative to `convex/`. `""` for the app. */
  readonly definition: string;
  /** Its `convex.config.js`. */
  readonly config: PushedModule | null;
  readonly schema: PushedModule | null;
  /** Its functions, and the chunks that they share. */
  readonly modules: readonly PushedModule[];
}

export interface PushedProject {
  /** The version of the `convex` package whose command line pushed. */
  readonly version: string;
  /** The app comes first. */
  readonly components: readonly PushedComponent[];
}

/** A push as the database records it. */
export interface RecordedPush {
  readonly project: PushedProject;
  /** The digest of the server's own `convex/` folder at the time of the push, `null` without the folder. */
  readonly folder: string | null;
  /** When it was pushed, in milliseconds since 1970. */
  readonly at: number;
}

/** Increment this when the types above change. Format 1 had no `"use node"` files. */
const FORMAT = 2;
const OLDEST_FORMAT = 1;

/** Higher levels take seconds. */
const QUALITY = 4;

/** Encodes a push for the database. */
export function encodePush(push: RecordedPush): Uint8Array {
  const text = JSON.stringify({ format: FORMAT, ...push });
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });
}

/** @throws Error if a newer version wrote the record. */
export function decodePush(bytes: Uint8Array): RecordedPush {
  const push = JSON.parse(brotliDecompressSync(bytes).toString()) as RecordedPush & { format: number };
  if (push.format >= OLDEST_FORMAT && push.format <= FORMAT) return push;
  throw new Error(
    `The pushed functions have format ${push.format}; this version reads formats up to ${FORMAT}. Update this package.`,
  );
}

/** Returns the hash by which the command line recognizes a module that it has pushed before. */
export function moduleHash({ source, sourceMap }: PushedModule): string {
  return createHash("sha256")
    .update(source)
    .update(sourceMap ?? "")
    .digest("hex");
}
