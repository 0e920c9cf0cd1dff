import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryDirectory } from "@agentgate/testing";
import type { FaceSiteName } from "../../../packages/site/src/testing/face-sites.ts";
import { FrameworkServer } from "./framework-server.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));
const sites = ["face-sites.ts", "golden-shop.ts"];

/** Of one npm command. Installs and builds on a slow machine take minutes; one that hangs is told with what it had written. */
const npmMsMax = 1_500_000;
const outputCharactersMax = 8_000;
/** Of a project, from packing to built. */
export const createMsMax = 2 * npmMsMax + 120_000;

export type Environment = Readonly<Record<string, string>>;

/**
 * A project of `tests/frameworks/projects` in a temporary directory, with its framework and the packed `@agentgate/site`
 * from the registry's point of view: installed, built and started with the commands of production.
 */
export class FrameworkProject {
  readonly #directory;
  readonly #servers = new Map<string, Promise<FrameworkServer>>();

  private constructor(name: string) {
    this.#directory = temporaryDirectory(`on-${name}`);
  }

  /** Packs, installs and builds. @param name folder in `projects` */
  static async create(name: string): Promise<FrameworkProject> {
    const project = new FrameworkProject(name);
    try {
      await project.#install(name);
      await project.build();
    } catch (error) {
      await project.remove();
      throw error;
    }
    return project;
  }

  /** `npm run build`, with the environment of this one build. */
  async build(environment: Environment = {}): Promise<void> {
    await this.#npm(["run", "build"], environment);
  }

  /** A running server with one of the sites; the same environment gets the same server again. */
  start(site: FaceSiteName, environment: Environment = {}): Promise<FrameworkServer> {
    const env = { ...environment, SITE: site };
    const key = JSON.stringify(env);
    const server = this.#servers.get(key) ?? FrameworkServer.start(this.#directory.path, cleanEnvironment(env));
    this.#servers.set(key, server);
    return server;
  }

  async stopServers(): Promise<void> {
    const servers = await Promise.allSettled(this.#servers.values());
    this.#servers.clear();
    await Promise.all(servers.map((server) => server.status === "fulfilled" && server.value.stop()));
  }

  async remove(): Promise<void> {
    await this.stopServers();
    this.#directory.remove();
  }

  async #install(name: string): Promise<void> {
    const { path } = this.#directory;
    cpSync(join(root, "tests/frameworks/projects", name), path, { recursive: true });
    mkdirSync(join(path, "sites"));
    for (const file of sites) cpSync(join(root, "packages/site/src/testing", file), join(path, "sites", file));
    const { stdout } = await run(
      "npm",
      ["pack", "--silent", "--ignore-scripts", "--pack-destination", path, join(root, "packages/site")],
      { env: cleanEnvironment() },
    );
    const manifestFile = join(path, "package.json");
    const manifest = JSON.parse(readFileSync(manifestFile, "utf8")) as { dependencies: Record<string, string> };
    manifest.dependencies["@agentgate/site"] = `file:./${stdout.trim().split("\n").at(-1)}`;
    writeFileSync(manifestFile, JSON.stringify(manifest));
    await this.#npm(["install", "--no-audit", "--no-fund", "--fetch-timeout=60000", "--loglevel=http"]);
    console.log(`${name}: ${this.#versions(manifest).join(", ")}`);
  }

  #versions(manifest: { dependencies?: object; devDependencies?: object }): string[] {
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    return names.map((name) => {
      const installed = readFileSync(join(this.#directory.path, "node_modules", name, "package.json"), "utf8");
      return `${name} ${(JSON.parse(installed) as { version: string }).version}`;
    });
  }

  async #npm(args: string[], environment: Environment = {}): Promise<void> {
    const env = cleanEnvironment(environment);
    const options = { cwd: this.#directory.path, env, maxBuffer: 16_777_216, timeout: npmMsMax };
    await run("npm", args, options).catch((error: { killed?: boolean; stdout?: string; stderr?: string }) => {
      const how = error.killed ? `has not ended within ${npmMsMax / 1000} s` : "failed";
      const output = `${error.stdout}\n${error.stderr}`.slice(-outputCharactersMax);
      throw new Error(`npm ${args.join(" ")} ${how}: ${output}`, { cause: error });
    });
  }
}

/** What the test run has put into the environment is none of the project's business. */
function cleanEnvironment(more: Environment = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_ENV|NODE_OPTIONS|VITEST.*|TEST|SITE)$/.test(name),
  );
  return { ...Object.fromEntries(own), NEXT_TELEMETRY_DISABLED: "1", ...more };
}
