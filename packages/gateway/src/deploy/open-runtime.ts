import type { Clock, Log, Random } from "../runtime/index.ts";
import { ProcessRuntime } from "./process/process-runtime.ts";
import type { Runtime } from "./runtime.ts";

export interface RuntimeSettings {
  deployRuntime: "off" | "process";
  hostedMemoryBytes: number;
  hostedProcessesMax: number;
  hostedFirstUser: number;
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
  if (settings.deployRuntime === "off") return undefined;
  const { hostedMemoryBytes: memoryBytes, hostedProcessesMax: processes, hostedFirstUser: firstUser } = settings;
  return ProcessRuntime.open({ ...surroundings, bounds: { memoryBytes, processes, fileBytes: FILE_BYTES }, firstUser });
}
