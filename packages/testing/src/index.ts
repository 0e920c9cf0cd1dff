// What a run provides to its tests (vitest's `inject`) is declared there.
import type {} from "./services/global-setup.ts";

export { awayFromMidnight } from "./services/away-from-midnight.ts";
export { chromiumPath } from "./services/chromium.ts";
export { findProgram } from "./services/find-program.ts";
export { freePort } from "./services/free-port.ts";
export type {} from "./services/global-setup.ts";
export { hasPostgres, type PostgresService, startPostgres } from "./services/postgres.ts";
export { hasRedis, type RedisService, startRedis } from "./services/redis.ts";
export { temporaryDirectory } from "./services/temporary-directory.ts";
export { SOON_MS } from "./soon.ts";
