import "../kit/everyRequest.kit";
import { PROBLEMS } from "../../lib/problems.lib";
import type { ApiContext } from "../kit/env.kit";
import { problem } from "../kit/problem.kit";

/** Answers a request that a step has refused, with a problem of the catalogue. Only refused requests load the catalogue. */
export const answerProblem = (c: ApiContext, error: unknown): Response => problem(c, error, PROBLEMS);
