import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { buildPrograms } from "../programs/build-programs.ts";
import { chromiumPath } from "./chromium.ts";
import { hasPostgres, startPostgres } from "./postgres.ts";
import { hasRedis, startRedis } from "./redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string | undefined;
    redisUrl: string | undefined;
    chromiumPath: string | undefined;
    /** Where what tests start as processes is built to; undefined where it is run from its sources. */
    programsDirectory: string | undefined;
  }
}

/** The pages as their sources are now, which an install has built, or an earlier run. */
const buildPages = () =>
  promisify(execFile)(process.execPath, [
    fileURLToPath(new URL("../../../dashboard/build.ts", import.meta.url)),
    "--if-stale",
  ]);

/**
 * Starts the servers the tests need, once per run. A server that is not installed is left out and its tests are skipped;
 * AGENTGATE_TEST_REQUIRE_ALL=1 (the gate) makes that a failure instead.
 */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return startServers(project, {});
}

/** @param options as of `startPostgres` */
export async function startServers(
  project: TestProject,
  { isSpared = false }: { isSpared?: boolean },
): Promise<() => Promise<void>> {
  const missing = [!hasPostgres() && "postgresql", !hasRedis() && "redis-server", !chromiumPath() && "chromium"].filter(
    Boolean,
  );
  if (missing.length && process.env.AGENTGATE_TEST_REQUIRE_ALL) throw new Error(`not installed: ${missing.join(", ")}`);
  if (missing.length) console.warn(`\nnot installed, their tests are skipped: ${missing.join(", ")}\n`);
  const [postgres, redis, programs] = await Promise.all([
    hasPostgres() ? startPostgres({ isSpared }) : undefined,
    hasRedis() ? startRedis() : undefined,
    buildPrograms(),
    buildPages(),
  ]);
  project.provide("postgresUrl", postgres?.url);
  project.provide("redisUrl", redis?.url);
  project.provide("chromiumPath", chromiumPath());
  project.provide("programsDirectory", programs.directory);
  return async () => {
    programs.release();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  };
}
