import { findProgram } from "@agentgate/testing";
import { describe } from "vitest";
import { describeProxy } from "./reverse-proxy.suite.ts";

describe.each(["nginx", "caddy"] as const)("%s", (name) => {
  describeProxy(name, async () => findProgram(name, "/usr/sbin"));
});
