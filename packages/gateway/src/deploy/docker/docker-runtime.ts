import { createReadStream } from "node:fs";
import { relative, resolve } from "node:path";
import type { Log, Random } from "../../runtime/index.ts";
import { needsInstall, programOf } from "../program.ts";
import { type Instance, type Release, type Runtime, StartFailure, type WriteLog } from "../runtime.ts";
import { Engine } from "./engine.ts";
import { readFrames } from "./read-frames.ts";

export interface DockerRuntimeOptions {
  /** Holds the directories of all agents; names the containers that are this node's. */
  directory: string;
  socketPath: string;
  /** With Node and npm in it. */
  image: string;
  memoryBytes: number;
  processes: number;
  random: Random;
  log: Log;
}

const PORT = 8_080;
const APP = "/app";
const HOME = "/home/agent";
/** The user `node` of the official images. */
const USER = "1000:1000";
const LABEL = "agentgate.directory";
const CPUS = 1;
const INSTALL_MS = 300_000;

interface Inspection {
  State: { Running: boolean; OOMKilled: boolean; ExitCode: number };
  NetworkSettings: { Ports: Record<string, { HostPort: string }[] | null> };
}

/**
 * Runs agents as containers of a Docker engine on this machine: an image of each archive, a read-only root, no privileges and no way to any,
 * limits that the kernel keeps, and a network of each agent's own.
 */
export class DockerRuntime implements Runtime {
  readonly name = "docker";
  readonly wantsArchives = true;
  readonly #options: DockerRuntimeOptions;
  readonly #engine: Engine;
  readonly #label: string;

  private constructor(options: DockerRuntimeOptions) {
    this.#options = options;
    this.#engine = new Engine(options.socketPath);
    this.#label = resolve(options.directory);
  }

  /** @throws Error when there is no engine, saying what to do */
  static async open(options: DockerRuntimeOptions): Promise<DockerRuntime> {
    const runtime = new DockerRuntime(options);
    try {
      await runtime.#engine.call({ path: "/version" });
      return runtime;
    } catch (error) {
      runtime.#engine.close();
      throw new Error(
        `AGENTGATE_DEPLOY_RUNTIME=docker needs a container engine at ${options.socketPath}, which this user may use: ${(error as Error).message}`,
      );
    }
  }

  close(): void {
    this.#engine.close();
  }

  async endLeftovers(): Promise<void> {
    const filters = JSON.stringify({ label: [`${LABEL}=${this.#label}`] });
    const found = await this.#engine.call<{ Id: string }[]>({ path: "/containers/json", query: { all: "1", filters } });
    for (const { Id } of found) await this.#removeContainer(Id);
  }

  /** Makes the image: the archive put into a container of the base image, its dependencies installed, and what came of it kept. */
  async prepare(release: Release, write: WriteLog, signal: AbortSignal): Promise<void> {
    const tag = tagOf(release);
    const known = await this.#engine.open({ path: `/images/${tag}/json`, accepts: [404] });
    known.resume();
    if (known.statusCode === 200) return;
    await this.#ensureBase(write, signal);
    const place = placeOf(release);
    const install = (await needsInstall(release.app))
      ? 'if [ -f package-lock.json ]; then set -- ci; else set -- install; fi; npm "$@" --ignore-scripts --omit=dev --no-audit --no-fund && '
      : "";
    const script = `mkdir -p ${HOME} && cd "$0" && ${install}chown -R ${USER} ${APP} ${HOME}`;
    const id = await this.#create(`build-${release.agentId}-${release.number}`, {
      Image: this.#options.image,
      User: "0:0",
      WorkingDir: APP,
      Entrypoint: ["/bin/sh", "-c", script, place],
      Cmd: [],
      HostConfig: { ...this.#limits(), CapAdd: ["CHOWN", "DAC_OVERRIDE", "FOWNER"] },
    });
    try {
      const stream = createReadStream(release.archive);
      await this.#engine.call({
        method: "PUT",
        path: `/containers/${id}/archive`,
        query: { path: APP },
        stream,
        signal,
      });
      await this.#engine.call({ method: "POST", path: `/containers/${id}/start`, signal });
      void this.#collect(id, write);
      const within = AbortSignal.any([signal, AbortSignal.timeout(INSTALL_MS)]);
      const { StatusCode } = await this.#engine.call<{ StatusCode: number }>({ ...waitFor(id), signal: within });
      if (StatusCode !== 0)
        throw new StartFailure(`its image cannot be made (exit code ${StatusCode}); the log has why`);
      const [repo, version] = tag.split(":") as [string, string];
      const query = { container: id, repo, tag: version, comment: "agentgate" };
      await this.#engine.call({
        method: "POST",
        path: "/commit",
        query,
        body: { WorkingDir: place, Labels: this.#labels() },
      });
    } finally {
      await this.#removeContainer(id);
    }
  }

  async start(release: Release, environment: Readonly<Record<string, string>>, write: WriteLog): Promise<Instance> {
    const { memoryBytes, random } = this.#options;
    const network = await this.#ensureNetwork(release.agentId);
    const variables = {
      ...environment,
      PORT: `${PORT}`,
      HOST: "0.0.0.0",
      HOME,
      TMPDIR: "/tmp",
      NODE_ENV: "production",
    };
    const id = await this.#create(`${release.agentId}-${random.bytes(4).toString("hex")}`, {
      Image: tagOf(release),
      User: USER,
      WorkingDir: placeOf(release),
      Entrypoint: await programOf(release, { node: "node", memoryBytes }),
      Cmd: [],
      Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      ExposedPorts: { [`${PORT}/tcp`]: {} },
      HostConfig: {
        ...this.#limits(),
        ReadonlyRootfs: true,
        NetworkMode: network,
        PortBindings: { [`${PORT}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
        Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=67108864" },
        Mounts: [{ Type: "volume", Source: networkOf(release.agentId), Target: HOME }],
      },
    });
    try {
      await this.#engine.call({ method: "POST", path: `/containers/${id}/start` });
      const port = await this.#portOf(id);
      void this.#collect(id, write);
      return this.#instance(id, port);
    } catch (error) {
      await this.#removeContainer(id);
      throw error;
    }
  }

  async discard(release: Release): Promise<void> {
    await this.#engine.call({
      method: "DELETE",
      path: `/images/${tagOf(release)}`,
      query: { force: "1" },
      accepts: [404, 409],
    });
  }

  async forget(agentId: string): Promise<void> {
    const filters = JSON.stringify({ reference: [repositoryOf(agentId)] });
    const images = await this.#engine.call<{ Id: string }[]>({ path: "/images/json", query: { filters } });
    for (const { Id } of images)
      await this.#engine.call({ method: "DELETE", path: `/images/${Id}`, query: { force: "1" }, accepts: [404, 409] });
    const name = networkOf(agentId);
    await this.#engine.call({ method: "DELETE", path: `/networks/${name}`, accepts: [404] });
    await this.#engine.call({ method: "DELETE", path: `/volumes/${name}`, query: { force: "1" }, accepts: [404, 409] });
  }

  #instance(id: string, port: number): Instance {
    const ended = this.#engine.call<{ StatusCode: number }>({ ...waitFor(id), signal: new AbortController().signal });
    const exited = ended
      .then(
        async ({ StatusCode }) => {
          const { State } = await this.#engine.call<Inspection>({ path: `/containers/${id}/json` });
          return State.OOMKilled ? "it used more memory than it may" : `it exited with code ${StatusCode}`;
        },
        () => "the container engine has lost it",
      )
      .catch(() => "the container engine has lost it")
      .then(async (reason) => {
        await this.#removeContainer(id);
        return reason;
      });
    return {
      port,
      containerId: id,
      exited,
      stop: async (graceMs) => {
        const query = { t: `${Math.ceil(graceMs / 1_000)}` };
        const stop = graceMs > 0 ? "stop" : "kill";
        await this.#engine
          .call({
            method: "POST",
            path: `/containers/${id}/${stop}`,
            ...(graceMs > 0 && { query }),
            accepts: [304, 404, 409],
          })
          .catch((error) => this.#options.log.warn({ err: error, containerId: id }, "a container was not stopped"));
        await exited;
      },
    };
  }

  async #ensureBase(write: WriteLog, signal: AbortSignal): Promise<void> {
    const { image } = this.#options;
    const known = await this.#engine.open({ path: `/images/${image}/json`, accepts: [404] });
    known.resume();
    if (known.statusCode === 200) return;
    await write(`gateway: ${image} is fetched\n`);
    const [name, tag = "latest"] = image.split(":") as [string, string?];
    await this.#engine.call({ method: "POST", path: "/images/create", query: { fromImage: name, tag }, signal });
  }

  /** One for each agent: they do not see one another. */
  async #ensureNetwork(agentId: string): Promise<string> {
    const Name = networkOf(agentId);
    const body = { Name, CheckDuplicate: true, Driver: "bridge", Labels: this.#labels() };
    const known = await this.#engine.open({ path: `/networks/${Name}`, accepts: [404] });
    known.resume();
    if (known.statusCode === 404)
      await this.#engine.call({ method: "POST", path: "/networks/create", body, accepts: [409] });
    return Name;
  }

  async #create(name: string, body: Record<string, unknown>): Promise<string> {
    const query = { name: `agentgate-${name}` };
    const labelled = { ...body, Labels: this.#labels() };
    return (
      await this.#engine.call<{ Id: string }>({ method: "POST", path: "/containers/create", query, body: labelled })
    ).Id;
  }

  async #portOf(id: string): Promise<number> {
    const { State, NetworkSettings } = await this.#engine.call<Inspection>({ path: `/containers/${id}/json` });
    const port = Number(NetworkSettings.Ports[`${PORT}/tcp`]?.[0]?.HostPort);
    if (port > 0) return port;
    throw new StartFailure(
      State.Running ? "the container engine gave it no port" : `it exited with code ${State.ExitCode}`,
    );
  }

  async #collect(id: string, write: WriteLog): Promise<void> {
    try {
      const query = { follow: "1", stdout: "1", stderr: "1" };
      for await (const text of readFrames(await this.#engine.open({ path: `/containers/${id}/logs`, query })))
        await write(text);
      await write("");
    } catch {
      // It ended with its container.
    }
  }

  async #removeContainer(id: string): Promise<void> {
    await this.#engine
      .call({ method: "DELETE", path: `/containers/${id}`, query: { force: "1", v: "1" }, accepts: [404, 409] })
      .catch((error) => this.#options.log.warn({ err: error, containerId: id }, "a container was not removed"));
  }

  #labels(): Record<string, string> {
    return { [LABEL]: this.#label };
  }

  #limits(): Record<string, unknown> {
    const { memoryBytes, processes } = this.#options;
    return {
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      NanoCpus: CPUS * 1e9,
      PidsLimit: processes,
      Ulimits: [{ Name: "nofile", Soft: 1_024, Hard: 1_024 }],
      Init: true,
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } },
    };
  }
}

const repositoryOf = (agentId: string) => `agentgate/${agentId}`;
const tagOf = ({ agentId, number }: Release) => `${repositoryOf(agentId)}:${number}`;
const networkOf = (agentId: string) => `agentgate-${agentId}`;
const placeOf = ({ unpacked, app }: Release) => [APP, relative(unpacked, app)].filter(Boolean).join("/");
const waitFor = (id: string) => ({ method: "POST", path: `/containers/${id}/wait` }) as const;
