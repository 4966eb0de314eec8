/** Adapts the text of the document to an app: it describes only the chosen parts. */
import { format } from "prettier";
import type { PartName } from "../parts";

/** The file with the text. */
export const DESCRIPTION = "openapi/description.md";

type Change = {
  /** The part without which the text changes. Undefined if it changes in every app. */
  readonly without?: PartName;
  readonly before: string;
  readonly after: string;
};

const CHANGES: readonly Change[] = [
  { before: "`npm start` prints", after: "`npx convex-embedded start` prints" },
  { without: "items", before: "100,000 items, ", after: "" },
  { without: "files", before: "10,000 files of 1 GB in total, ", after: "" },
  {
    without: "files",
    before:
      "| upload              | 20 MiB less 64 KiB; use `POST /api/upload-url` for larger files                 |\n",
    after: "",
  },
  {
    without: "files",
    before: " The form of `POST /api/upload` holds one file and no other\nfield.",
    after: "",
  },
  { without: "files", before: "Send bodies, files included, without", after: "Send bodies without" },
  { without: "webhooks", before: "; webhooks from GitHub 4 MiB", after: "" },
  { without: "webhooks", before: " Only webhook routes\nignore this header.", after: "" },
  { without: "webhooks", before: "Health checks and webhooks are", after: "Health checks are" },
];

/** Returns the text for the chosen parts. @throws Error if the text lacks what a part changes in it. */
export function described(text: string, parts: readonly PartName[]): Promise<string> {
  let result = text;
  for (const { without, before, after } of CHANGES) {
    if (without !== undefined && parts.includes(without)) continue;
    if (!result.includes(before)) throw new Error(`${DESCRIPTION} does not have this text: ${before}`);
    result = result.replaceAll(before, () => after);
  }
  // Aligns the columns of tables anew.
  return format(result, { parser: "markdown" });
}
