import { Option } from "commander";
import { protocols, visibilities } from "../agent-file/agent-file.ts";

export type Protocol = (typeof protocols)[number];

/** `--protocol`, as `protocol` in an agentgate.yaml. */
export const protocolOption = (description: string): Option =>
  new Option("--protocol <name>", description).choices(protocols);

export type Visibility = (typeof visibilities)[number];

/** `--visibility`, as `visibility` in an agentgate.yaml. */
export const visibilityOption = (description: string): Option =>
  new Option("--visibility <who>", description).choices(visibilities);
