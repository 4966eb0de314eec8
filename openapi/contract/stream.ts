import type { JsonSchema } from "../../convex/http/kit/described.kit";
import { closed, validationErrors } from "./schemas";

/** Validates each line or event of a stream that has ended, and returns the violations. */
export function itemViolations(schema: JsonSchema, type: string, body: string): string[] {
  if (body !== "" && !body.endsWith("\n")) return ["the last item of the stream is incomplete"];
  return itemsOf(type, body).flatMap((text, at) => {
    const item = type === "text/event-stream" ? eventOf(text) : parse(text);
    if (item === undefined) return [`item ${at} of the stream is not JSON`];
    return validationErrors(closed(schema), item, `item ${at}`);
  });
}

/** Returns the lines, or the events without comments. */
function itemsOf(type: string, body: string): string[] {
  if (type !== "text/event-stream") return body.split("\n").slice(0, -1);
  return body
    .split("\n\n")
    .filter((text) => text.split("\n").some((line) => line !== "" && !line.startsWith(":")));
}

/** Reads an event as a browser does: the default name is `message`. Returns undefined if its data is not JSON. */
function eventOf(text: string): unknown {
  const fields = new Map(
    text.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
  );
  const data = parse(fields.get("data") ?? "");
  const id = fields.get("id");
  if (data === undefined) return undefined;
  return { event: fields.get("event") ?? "message", ...(id !== undefined && { id }), data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
