/** `npx convex env`: environment variables over HTTP (`crates/local_backend/src/environment_variables.rs`). */
import type { ApiRoute } from "../http/api";
import { ApiError, sendJson } from "../http/api";
import { badBody, fieldsOf, MAX_OPERATOR_BYTES, readJson } from "../http/body";
import { requireAdmin } from "./caller";
import type { Deployment } from "./deployment";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const MAX_NAME_LENGTH = 40;
const MAX_BYTES = 8 * 1024;

export function variableRoutes(deployment: Deployment): readonly ApiRoute[] {
  return [
    {
      path: /^\/api(?:\/v1)?\/update_environment_variables$/,
      methods: {
        async POST({ incoming, outgoing }) {
          requireAdmin(deployment, incoming);
          const { changes } = fieldsOf(await readJson(incoming, MAX_OPERATOR_BYTES));
          if (!Array.isArray(changes)) throw badBody("`changes` must be a list");
          // If a variable occurs several times, the last change wins.
          const byName = new Map(changes.map((change) => changeIn(deployment, change)));
          await deployment.changeVariables(byName).catch(refuse);
          outgoing.setHeader("content-length", 0);
          outgoing.writeHead(200).end();
        },
      },
    },
    {
      path: /^\/api\/v1\/get_canonical_urls$/,
      methods: {
        GET({ incoming, outgoing }) {
          requireAdmin(deployment, incoming);
          const { environment } = deployment;
          const siteUrl = environment.variables.get("CONVEX_SITE_URL");
          sendJson(outgoing, 200, { convexCloudUrl: environment.cloudUrl, convexSiteUrl: siteUrl });
          return Promise.resolve();
        },
      },
    },
    {
      path: /^\/api(?:\/v1)?\/list_environment_variables$/,
      methods: {
        GET({ incoming, outgoing }) {
          requireAdmin(deployment, incoming);
          sendJson(outgoing, 200, {
            environmentVariables: Object.fromEntries(deployment.environment.listed()),
          });
          return Promise.resolve();
        },
      },
    },
  ];
}

/** Refuses variables with which the functions do not build, or that the file cannot hold. */
function refuse(error: unknown): never {
  if (error instanceof ApiError) throw error;
  throw new ApiError(400, "EnvironmentVariablesRefused", (error as Error).message);
}

/** Parses one change. @throws ApiError with Convex's message for an invalid name or value. */
function changeIn({ environment }: Deployment, given: unknown): readonly [string, string | null] {
  const { name, value = null } = fieldsOf(given);
  if (typeof name !== "string") throw badBody("each change needs a `name`");
  if (environment.isBuiltIn(name)) {
    const message = `Environment variable with name "${name}" is built-in and cannot be overridden`;
    throw new ApiError(400, "EnvVarNameForbidden", message);
  }
  if (!NAME.test(name)) {
    throw new ApiError(
      400,
      "EnvironmentVariableNameInvalid",
      `The environment variable name ${name} is invalid. Environment variable names must begin with a letter and may ` +
        "only include characters a-z, A-Z, 0-9, and underscores.",
    );
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw new ApiError(
      400,
      "EnvironmentVariableNameTooLong",
      `The environment variable name ${name} is too long. Environment variable names must be less than ${MAX_NAME_LENGTH}.`,
    );
  }
  if (value !== null && typeof value !== "string") throw badBody("`value` must be a string");
  const bytes = Buffer.byteLength(value ?? "");
  if (bytes > MAX_BYTES) {
    throw new ApiError(
      400,
      "EnvironmentVariableValueTooLarge",
      `The environment variable value is ${bytes} bytes, which is too large. (max size: ${MAX_BYTES})`,
    );
  }
  return [name, value];
}
