import { format, resolveConfig } from "prettier";

/**
 * Formats a generated file as `npm run format` would, so that `npm run check:format` accepts it.
 *
 * @param path the file, relative to the project's folder. Its extension selects the parser.
 */
export async function formatted(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}
