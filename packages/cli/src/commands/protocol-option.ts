import { Option } from "commander";
import { protocols } from "../agent-file/agent-file.ts";

export type Protocol = (typeof protocols)[number];

/** `--protocol`, as `protocol` in an agentgate.yaml. */
export const protocolOption = (description: string): Option =>
  new Option("--protocol <name>", description).choices(protocols);
