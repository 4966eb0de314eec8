/**
 * Finds the component whose `http.ts` answers a request, if the app mounts routes of components or gives its own routes a prefix.
 *
 * Source: `route_http_action` in `crates/application/src/application_function_runner/http_routing.rs` of get-convex/convex-backend.
 */
import type { Component } from "../exec/components";
import type { Engine } from "../exec/engine";
import type { Router } from "../exec/modules";

/** The component that answers, and the path that its router sees. */
export interface MountedRoute {
  readonly component: Component;
  readonly path: string;
}

/** True if requests can go to other routes than those of the app's `http.ts`. */
export function hasMountedRoutes({ components }: Engine): boolean {
  const http = components.get("")?.http;
  return http !== undefined && (http.prefix !== null || http.mounts.length > 0);
}

/**
 * Returns the route of a request, `null` if no component answers it.
 *
 * @param path Percent-encoded. @param method `GET` for a `HEAD` request.
 */
export async function mountedRoute(
  { components }: Engine,
  path: string,
  method: string,
): Promise<MountedRoute | null> {
  let component = components.get("");
  while (component !== undefined) {
    const { modules, http = { prefix: null, mounts: [] } } = component;
    const here: Component = component;
    const own = http.prefix === null ? path : withoutPrefix(path, http.prefix);
    let router: Router | null;
    try {
      router = modules.router ?? (await modules.loadRouter());
    } catch {
      // The request fails with the error of the module.
      return { component: here, path: own ?? path };
    }
    const lengths = own === null || router === null ? [] : matchesOf(router, own, method);
    let longest = Math.max(-1, ...lengths);
    let next: MountedRoute | null = router === null || own === null ? null : { component: here, path: own };
    if (longest === Infinity) return next;
    // As on Convex, mounts are not below the prefix of the app's own routes.
    let mounted = false;
    for (const [prefix, child] of http.mounts) {
      const rest = withoutPrefix(path, prefix);
      const target = components.get(child);
      if (rest === null || target === undefined || prefix.length < longest) continue;
      longest = prefix.length;
      next = { component: target, path: rest };
      mounted = true;
    }
    if (!mounted || next === null) return next;
    ({ component, path } = next);
  }
  return null;
}

/** Returns how long the prefix of each matching route is, `Infinity` for an exact route. */
function matchesOf(router: Router, path: string, method: string): number[] {
  return (router.getRoutes?.() ?? []).flatMap(([route, routeMethod]) => {
    if (routeMethod !== method) return [];
    if (route === path) return [Infinity];
    return route.endsWith("*") && path.startsWith(route.slice(0, -1)) ? [route.length - 1] : [];
  });
}

/** @param prefix Ends with a slash, which stays in the result. */
function withoutPrefix(path: string, prefix: string): string | null {
  return path.startsWith(prefix) ? path.slice(prefix.length - 1) : null;
}
