import { shortText } from "@agentgate/protocol/format";
import type { DayCount } from "./day-bars.ts";

/** What public pages show of an agent. */
export interface AgentView {
  id: string;
  /** What its tools' names begin with. */
  slug: string;
  name: string;
  version: string;
  description: string;
  tags: readonly string[];
  /** Names of what it can do. */
  skills: readonly string[];
  /** What it speaks: `A2A`, `plain`. */
  protocol: string;
  /** Micro-dollars for a task. */
  price: bigint;
  /** Whether callers have to show a key of the agent's own. */
  requiresKey: boolean;
  rating: { average: number | null; count: number };
  /** The last look at it; undefined where nobody has looked. */
  isHealthy: boolean | undefined;
  /** Calls of thirty days; undefined where there were none. */
  calls: { ok: number; all: number; p50Ms: number | null } | undefined;
  /** How it answered the gateway's own looks, by day; ascending. */
  pings: readonly DayCount[];
}

/** Of an agent whose skills are tools, as those of MCP servers and websites: one of them, and what it takes. */
export interface ShownTool {
  id: string;
  inputSchema: Record<string, unknown> | null;
  /** Micro-dollars for a call. */
  price: bigint;
}

const SLUG_MAX = 60;

/** A name as a part of an address: for people, nothing is looked up by it. */
export const slugOf = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_MAX)
    .replace(/^-+|-+$/g, "") || "agent";

export const agentPath = ({ id, name }: Pick<AgentView, "id" | "name">): string => `/marketplace/${id}/${slugOf(name)}`;

const LINE_MAX = 160;

/** The first line of what an agent says of itself, without marks of markdown. */
export function firstLine(description: string): string {
  const line =
    description
      .slice(0, 2_000)
      .split(/\n/)
      .find((text) => /[\p{L}\p{N}]/u.test(text)) ?? "";
  return shortText(
    line
      .replace(/^[#>\s]+|^[*-]\s+/g, "")
      .replace(/(\*{1,3}|_{1,3}|`)(?=\S)(.+?)(?<=\S)\1/g, "$2")
      .trim(),
    LINE_MAX,
  );
}
