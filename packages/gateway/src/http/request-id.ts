import type { IncomingMessage } from "node:http";
import type { Random } from "../runtime/index.ts";

const ACCEPTABLE = /^[\w.:-]{1,128}$/;

/** The caller's X-Request-Id when it is a harmless token, else a new UUID. */
export const requestIdOf =
  (random: Random) =>
  (request: IncomingMessage): string => {
    const given = request.headers["x-request-id"];
    return typeof given === "string" && ACCEPTABLE.test(given) ? given : random.uuid();
  };
