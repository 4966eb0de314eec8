/** Compares the ranges of packages in the app with those that the API needs. */

type Ranges = Readonly<Record<string, string>>;

/** A package that the app has in another major version than the API. */
export type Mismatch = {
  readonly name: string;
  readonly app: string;
  readonly needed: string;
  /** Whether the app allows only later versions. The range of the app then stays. */
  readonly isLater: boolean;
};

/** Returns whether a range is missing, or allows only versions before those of another range. */
export function isOlder(known: string | undefined, needed: string): boolean {
  if (known === undefined) return true;
  return orderOf(known, needed)?.sign === -1;
}

/** Returns the packages that the app uses in an incompatible version. @param ranges those of the app. */
export function mismatches(ranges: Ranges, needed: Ranges): Mismatch[] {
  return Object.entries(needed).flatMap(([name, range]) => {
    const app = ranges[name];
    const order = app === undefined ? undefined : orderOf(app, range);
    if (app === undefined || !order?.isBreaking) return [];
    return [{ name, app, needed: range, isLater: order.sign === 1 }];
  });
}

/**
 * Compares the lowest versions of two ranges.
 *
 * @returns undefined for ranges that are not numbers, such as `workspace:*` or `latest`. The app decides about them.
 */
function orderOf(known: string, needed: string): { sign: number; isBreaking: boolean } | undefined {
  const [a, b] = [numbers(known), numbers(needed)];
  if (!a || !b) return undefined;
  const at = a.findIndex((part, index) => part !== b[index]);
  if (at === -1) return { sign: 0, isBreaking: false };
  // As in a caret range, a different first number that is not 0 may break users of the package.
  const major = Math.min(...[a, b].map((version) => version.findIndex((part) => part !== 0)));
  return { sign: Math.sign((a[at] ?? 0) - (b[at] ?? 0)), isBreaking: at <= major };
}

function numbers(range: string): number[] | undefined {
  const found = /^[~^>=v\s]*(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(range);
  return found ? found.slice(1).map((part) => Number(part || 0)) : undefined;
}
