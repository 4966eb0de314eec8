/** The files of a `multipart` body: what a contract says about each, and what the handler gets. Only types, which cost nothing. */

/** A named file of a form. */
export type FileSpec = {
  /** The accepted media types: `image/png`, or `image/*` for all types of images. Default: any. */
  types?: readonly string[];
  /** The maximum size of each file, in bytes. Default: the limit of the whole body. */
  maxBytes?: number;
  /** The maximum number of files under this name. The handler gets a list. Without it, there is exactly one file. */
  max?: number;
  /** The form may have no file under this name. */
  optional?: true;
};
export type FileSpecs = Readonly<Record<string, FileSpec>>;

/** The files that a handler gets, in `c.var.files`: a list for a name with `max`, otherwise one file. */
export type FilesOf<F extends FileSpecs> = {
  [Name in keyof F]: F[Name] extends { max: number }
    ? File[]
    : F[Name] extends { optional: true }
      ? File | undefined
      : File;
};
