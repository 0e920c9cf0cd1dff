import type { FastifyRequest } from "fastify";
import { plainAddress } from "../runtime/index.ts";
import { type Callers, type Principal, when } from "./principal.ts";
import { Problem } from "./problem.ts";

/** Runs what answers a request, and tells of it when the caller is not let. */
export async function tellingRefusals<T>(
  request: FastifyRequest,
  callers: Callers,
  answer: (callers: Callers) => Promise<T>,
): Promise<T> {
  let known: Principal | undefined;
  const noting = (key: string) =>
    when(callers.authenticate(key), (found) => {
      known = found;
      return found;
    });
  try {
    return await answer({ ...callers, authenticate: noting });
  } catch (error) {
    const isRefused = error instanceof Problem && (error.status === 401 || error.status === 403);
    // As many as there may be is no matter of rights.
    if (isRefused && !error.code.endsWith("_limit_reached")) {
      const { code } = error;
      callers.onRefused?.({ code, caller: known ?? request.session?.caller, address: plainAddress(request.ip) });
    }
    throw error;
  }
}
