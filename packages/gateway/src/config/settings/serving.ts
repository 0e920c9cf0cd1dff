import { z } from "zod";
import { setting } from "../setting.ts";
import { integer, optionalUrl } from "../values.ts";

/** Where the gateway listens, and what it keeps its records in. */
export const serving = {
  host: setting("AGENTGATE_HOST", "127.0.0.1", "Address to listen on.", z.string().min(1).default("127.0.0.1")),
  port: setting("AGENTGATE_PORT", "8000", "Port to listen on; 0 takes any free one.", integer(0, 65_535, 8000)),
  publicUrl: setting(
    "AGENTGATE_PUBLIC_URL",
    "http://HOST:PORT",
    "How callers reach this gateway; written into agent cards and the OpenAPI document.",
    optionalUrl("http", "https").transform((url) => url?.replace(/\/+$/, "")),
  ),
  dataDirectory: setting(
    "AGENTGATE_DATA_DIR",
    "./.agentgate",
    "Directory of the embedded database.",
    z.string().min(1).default("./.agentgate"),
  ),
  databaseUrl: setting(
    "DATABASE_URL",
    "embedded SQLite",
    "PostgreSQL to use instead of the embedded database; needed for more than one node.",
    optionalUrl("postgres", "postgresql"),
  ),
  redisUrl: setting(
    "REDIS_URL",
    "none",
    "Redis that holds the rate limits, so that all nodes share them. While it is down each node limits by itself.",
    optionalUrl("redis", "rediss"),
  ),
  redisTimeoutMs: setting(
    "AGENTGATE_REDIS_TIMEOUT_MS",
    "50",
    "The longest a request waits for Redis; then, and until Redis answers again, its node limits by itself.",
    integer(1, 600_000, 50),
  ),
};
