/** The tables of the API, so that it can serve the data that this project fills in. */
export { default } from "../../../../../convex/schema";
