import { api } from "./http/api.app";
import { ApiRouter } from "./http/kit/router.kit";

export default new ApiRouter(api);
