/** Imports an archive into the data of a running server. */
import { ZipReader } from "../backup/zipReader";
import type { ImportOptions, ImportResult } from "./commands/import";
import { importInto } from "./commands/import";
import { sortEntries } from "./entries";
import type { Target } from "./target";

export interface ArchiveImport extends Pick<ImportOptions, "mode" | "confirm"> {
  /** The component into which the archive's own components are imported. `""` for the app. */
  readonly component: string;
}

/** Imports an archive in an open transaction. @throws Error: the caller must roll back. */
export async function importArchive(
  target: Target,
  file: string,
  { component, ...options }: ArchiveImport & Pick<ImportOptions, "schemas" | "progress">,
): Promise<ImportResult> {
  const zip = await ZipReader.open(file);
  try {
    const { components, ignored } = sortEntries(zip.entries);
    const inside = components.map((entries) => ({
      ...entries,
      component: [component, entries.component].filter((path) => path !== "").join("/"),
    }));
    return await importInto(target, zip, { components: inside, ignored }, options);
  } finally {
    zip.close();
  }
}
