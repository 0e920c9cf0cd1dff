import type { IncomingMessage } from "node:http";
import type { Random } from "../runtime/index.ts";

/** Keys look like tokens as well: what is told and logged everywhere is none of them. */
const ACCEPTABLE = /^(?!.*ag_[a-z]+_)[\w.:-]{1,128}$/i;

/** The caller's X-Request-Id when it is a harmless token, else a new UUID. */
export const requestIdOf =
  (random: Random) =>
  (request: IncomingMessage): string => {
    const given = request.headers["x-request-id"];
    return typeof given === "string" && ACCEPTABLE.test(given) ? given : random.uuid();
  };
