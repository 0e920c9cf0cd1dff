import type { z } from "zod";
import { agents } from "./settings/agents.ts";
import { bounds } from "./settings/bounds.ts";
import { hosting } from "./settings/hosting.ts";
import { keeping } from "./settings/keeping.ts";
import { mcp } from "./settings/mcp.ts";
import { money } from "./settings/money.ts";
import { networks } from "./settings/networks.ts";
import { node } from "./settings/node.ts";
import { secrets } from "./settings/secrets.ts";
import { serving } from "./settings/serving.ts";
import { telemetry } from "./settings/telemetry.ts";
import { ucp } from "./settings/ucp.ts";

/** Every setting by its name, in the order in which pages tell of them. */
export const settings = {
  ...serving,
  ...secrets,
  ...networks,
  ...bounds,
  ...agents,
  ...money,
  ...ucp,
  ...mcp,
  ...hosting,
  ...keeping,
  ...node,
  ...telemetry,
};

export type Config = { [K in keyof typeof settings]: z.output<(typeof settings)[K]["schema"]> };
