/** The address of the functions. `start.mjs` sets the variable, and Vite puts its value into the page. */
export const CONVEX_URL = String(import.meta.env["VITE_CONVEX_URL"]);
