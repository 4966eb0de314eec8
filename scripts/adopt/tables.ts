/** Names for the API's tables that no table of the app has. */
import { parsed } from "./copy/edits";
import { tableKeys } from "./copy/selection";
import type { Texts } from "./copy/source";
import type { Renames } from "./copy/tables";
import { TABLE_MAPS } from "./parts";

/** Returns new names for the tables that the app has too: `apiUsers` for `users`. @param taken the tables of the app. */
export function renamesFor(texts: Texts, taken: ReadonlySet<string>): Renames {
  const ours = apiTables(texts);
  const isTaken = (name: string) => taken.has(name) || ours.includes(name);
  return new Map(
    ours.filter((table) => taken.has(table)).map((table) => [table, freeName(table, isTaken)] as const),
  );
}

/** Returns the tables of the API with all parts. */
export function apiTables(texts: Texts): string[] {
  return TABLE_MAPS.flatMap((map) => {
    const [file = "", name = ""] = map.split("#");
    return tableKeys(parsed(file, texts.get(file) ?? ""), name).map(({ text }) => text);
  }).filter((table, at, all) => all.indexOf(table) === at);
}

function freeName(table: string, isTaken: (name: string) => boolean): string {
  let name = table;
  while (isTaken(name)) name = `api${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return name;
}
