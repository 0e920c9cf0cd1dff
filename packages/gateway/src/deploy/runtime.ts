import type { RuntimeName } from "./store.ts";

/** One archive, unpacked, of an agent that the gateway hosts. */
export interface Release {
  agentId: string;
  /** Counts the archives of the agent. */
  number: number;
  /** The agent's own directory, which holds this release and the agent's home. */
  agentDirectory: string;
  /** Everything that was in the archive. */
  unpacked: string;
  /** The archive itself, where the runtime wants it. */
  archive: string;
  /** Where the code is: the same, or the one directory in it. */
  app: string;
  /** What starts it; by default node with the agent file that lies in `app`. */
  command: string | readonly string[] | undefined;
  /** What the archive says of its environment. */
  env: Readonly<Record<string, string>>;
}

/** What node starts of an archive that names no command: the first of these that is there. */
export const AGENT_FILES = ["agent.ts", "agent.mjs", "agent.js"] as const;

/** Takes what an agent writes, the empty text at its end; the promise resolves when there is room for more. */
export type WriteLog = (text: string) => Promise<void>;

/** A release that runs. */
export interface Instance {
  /** Where it listens on this machine's loopback. */
  readonly port: number;
  readonly containerId: string | null;
  /** Settles with the reason, in words such as `it exited with code 1`, when nothing of it runs any more. */
  readonly exited: Promise<string>;
  /** Asks it to end, and ends all of it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** What can run agents. */
export interface Runtime {
  readonly name: Exclude<RuntimeName, "none">;
  /** Whether archives are kept beside what was in them. */
  readonly wantsArchives: boolean;
  /** Ends whatever an earlier life of this node left running. */
  endLeftovers(): Promise<void>;
  /** Makes a release ready to be started: dependencies, an image. Repeated, it finds its work done. @throws StartFailure */
  prepare(release: Release, write: WriteLog, signal: AbortSignal): Promise<void>;
  /** @param environment the agent's own variables, secrets among them @throws StartFailure */
  start(release: Release, environment: Readonly<Record<string, string>>, write: WriteLog): Promise<Instance>;
  /** Removes what belongs to a release that is not needed any more; its directory is removed by whoever made it. */
  discard(release: Release): Promise<void>;
  /** What the runtime knows of the agent beside its releases is forgotten. */
  forget(agentId: string, agentDirectory: string): Promise<void>;
  /** Whatever runs by then has been stopped. */
  close(): void;
}

/** Why an agent does not start, in words for its owner. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}
