/** `#docsOnly` in a Convex bundle. The function is empty, so the bundler drops each call together with its argument. */
export function docsOnly(_value: () => unknown): void {}
