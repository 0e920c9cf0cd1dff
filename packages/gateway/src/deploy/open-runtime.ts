import type { Clock, Log, Random } from "../runtime/index.ts";
import { DockerRuntime } from "./docker/docker-runtime.ts";
import { ProcessRuntime } from "./process/process-runtime.ts";
import type { Runtime } from "./runtime.ts";

export interface RuntimeSettings {
  deployRuntime: "off" | "process" | "docker";
  hostedMemoryBytes: number;
  hostedProcessesMax: number;
  hostedFirstUser: number;
  dockerSocket: string;
  dockerImage: string;
}

export interface RuntimeSurroundings {
  /** Holds the directories of all agents. */
  directory: string;
  clock: Clock;
  random: Random;
  log: Log;
}

/** The largest file that an agent may write. */
const FILE_BYTES = 1024 * 1024 * 1024;

/** What is to run agents, if anything is. @throws Error when it cannot, saying what to do */
export async function openRuntime(
  settings: RuntimeSettings,
  surroundings: RuntimeSurroundings,
): Promise<Runtime | undefined> {
  const { deployRuntime, hostedMemoryBytes: memoryBytes, hostedProcessesMax: processes } = settings;
  if (deployRuntime === "off") return undefined;
  if (deployRuntime === "docker") {
    const { dockerSocket: socketPath, dockerImage: image } = settings;
    return DockerRuntime.open({ ...surroundings, socketPath, image, memoryBytes, processes });
  }
  const bounds = { memoryBytes, processes, fileBytes: FILE_BYTES };
  return ProcessRuntime.open({ ...surroundings, bounds, firstUser: settings.hostedFirstUser });
}
