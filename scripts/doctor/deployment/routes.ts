/** Whether the deployment serves a route of each resource. A resource is loaded by its first request, so it can fail alone. */
import { RESOURCES } from "../../../convex/http/api.routes";
import { orOk, problem, type Finding } from "../finding";
import { objectOf, type Ask } from "./ask";

/** Checks one route of each resource. The requests have no credential and no body, so they change nothing. */
export async function routes(ask: Ask): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const resource of RESOURCES) {
    const name = probed(resource.routes);
    const [method = "", path = ""] = name.split(" ");
    const reply = await ask(path.replaceAll(/:\w+|\*/g, "doctor"), { method });
    const { code } = await objectOf(reply);
    if (isServed(reply.status, code)) continue;
    findings.push(
      problem(
        `${name} answers ${reply.status}, so its resource cannot be loaded`,
        "Read the deployment's log. If it cannot run `import()`, run `npm run routes -- static` and deploy again.",
      ),
    );
  }
  return [...orOk(findings, `a route of each of the ${RESOURCES.length} resources is served`)];
}

/** Prefers a route that only reads, and one that needs no id. */
function probed(names: readonly string[]): string {
  const reads = names.filter((name) => name.startsWith("GET "));
  return (
    [reads, names].flatMap((some) => [some.find((name) => !name.includes(":")), some[0]]).find(Boolean) ?? ""
  );
}

/** A route without its setting answers 503, and the quota of this address may be used up. */
const isServed = (status: number, code: unknown): boolean =>
  status !== 405 && (status < 500 || code === "not_configured");
