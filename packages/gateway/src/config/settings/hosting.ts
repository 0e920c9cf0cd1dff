import { z } from "zod";
import { setting } from "../setting.ts";
import { choice, integer } from "../values.ts";

/** Agents that come as archives and run here. */
export const hosting = {
  deployRuntime: setting(
    "AGENTGATE_DEPLOY_RUNTIME",
    "off",
    "What runs agents that are deployed as archives without a `url`: off, process (child processes of this gateway) or docker (containers); see docs/deploy.md.",
    choice(["off", "process", "docker"], "off"),
  ),
  dockerSocket: setting(
    "AGENTGATE_DOCKER_SOCKET",
    "/var/run/docker.sock",
    "Where the container engine of this machine listens, with AGENTGATE_DEPLOY_RUNTIME=docker.",
    z.string().min(1).default("/var/run/docker.sock"),
  ),
  dockerImage: setting(
    "AGENTGATE_DOCKER_IMAGE",
    "node:24-slim",
    "The image that hosted agents' images are made from: with node, npm and a user 1000.",
    z
      .string()
      .regex(/^[a-z0-9][\w./-]*(?::[\w.-]+)?$/, "must be the name of an image, such as node:24-slim")
      .default("node:24-slim"),
  ),
  hostedAgentsMax: setting(
    "AGENTGATE_HOSTED_AGENTS_MAX",
    "64",
    "Agents that this node runs at most; one organization may have a quarter of them.",
    integer(1, 10_000, 64),
  ),
  hostedMemoryBytes: setting(
    "AGENTGATE_HOSTED_MEMORY_BYTES",
    "536870912",
    "Memory of one hosted agent, all its processes together, in bytes; with more it is ended and started again.",
    integer(67_108_864, 1_099_511_627_776, 536_870_912),
  ),
  hostedProcessesMax: setting(
    "AGENTGATE_HOSTED_PROCESSES_MAX",
    "128",
    "Processes and threads of one hosted agent; Node takes about twelve, and two run while one is replaced.",
    integer(32, 32_768, 128),
  ),
  hostedFirstUser: setting(
    "AGENTGATE_HOSTED_FIRST_USER",
    "50000",
    "Where the gateway is root: the first of 1,000 user ids of hosted agents, which nobody else on the machine may have.",
    integer(1_000, 4_000_000_000, 50_000),
  ),
};
