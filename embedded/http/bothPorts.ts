import type { HttpServer } from "./port";

/** Two ports, or none: of two that are taken, both are told at once. @throws Error with a line for each. */
export async function bothPorts(
  one: Promise<HttpServer>,
  other: Promise<HttpServer>,
): Promise<readonly [HttpServer, HttpServer]> {
  const settled = await Promise.allSettled([one, other]);
  const [first, second] = settled;
  if (first.status === "fulfilled" && second.status === "fulfilled") return [first.value, second.value];
  for (const open of settled) if (open.status === "fulfilled") await open.value.close(0);
  const errors = settled.flatMap((open) => (open.status === "rejected" ? [open.reason as Error] : []));
  throw new Error(errors.map(({ message }) => message).join("\n"), { cause: errors[0] });
}
