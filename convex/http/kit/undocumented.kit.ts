/** What `#documented` is in a Convex bundle: empty, so that the bundler drops the call and what it was given. */
export function documented(_value: () => unknown): void {}
