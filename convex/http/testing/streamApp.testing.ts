/** The API with the routes of `streamRoutes.testing.ts`, as `http.ts` of a project for the embedded runtime. */
import { api } from "../api.app";
import { ApiRouter } from "../kit/router.kit";
import { streamRoutes } from "./streamRoutes.testing";

streamRoutes(api);

export default new ApiRouter(api);
