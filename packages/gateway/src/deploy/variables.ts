import { z } from "zod";
import { text } from "../http/index.ts";

/** Variables that are the gateway's to set, or that change what is run instead of what it is told. */
const RESERVED =
  /^(?:PATH|HOME|PORT|HOST|USER|LOGNAME|SHELL|PWD|TMPDIR|NODE_ENV|NODE_OPTIONS|AGENT_ID|LD_.*|DYLD_.*|AGENTGATE_.*)$/i;

/** What an environment variable of a hosted agent may be called. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, { error: "Letters, digits and underscores, no digit first" })
  .refine((name) => !RESERVED.test(name), { error: "This variable is the gateway's to set" });

export const variableValue = text().max(8_192);
