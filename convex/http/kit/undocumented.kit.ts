/** `#documented` in a Convex bundle. The function is empty, so the bundler drops each call together with its argument. */
export function documented(_value: () => unknown): void {}
