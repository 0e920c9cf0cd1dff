import { invalidParams } from "../wire/mcp-error.ts";

/** What a client's address leaves of the toolset: `?agents=a,b&tools=x,y&read_only=1`. */
export interface Narrowing {
  /** Ids or slugs. */
  readonly agents: readonly string[] | undefined;
  /** Names of tools. */
  readonly tools: ReadonlySet<string> | undefined;
  /** Only what changes nothing, as it says itself. */
  readonly isReadOnly: boolean;
}

const NAMES_MAX = 100;
const LENGTH_MAX = 128;

/** @throws McpError for more, or longer, names than there can be */
export function narrowingOf(query: Record<string, unknown>): Narrowing {
  const readOnly = single(query.read_only);
  const tools = namesIn(query.tools);
  return {
    agents: namesIn(query.agents),
    tools: tools && new Set(tools),
    isReadOnly: readOnly !== undefined && !["", "0", "false"].includes(readOnly),
  };
}

/** The same for every spelling, to bind cursors by. */
export const narrowingKey = ({ agents, tools, isReadOnly }: Narrowing): string =>
  JSON.stringify([agents && [...agents].sort(), tools && [...tools].sort(), isReadOnly]);

function namesIn(value: unknown): string[] | undefined {
  const given = single(value);
  if (given === undefined) return undefined;
  const names = given
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length > NAMES_MAX || names.some((name) => name.length > LENGTH_MAX)) {
    throw invalidParams(`An address names ${NAMES_MAX} agents or tools at most`, "invalid_query");
  }
  return names;
}

const single = (value: unknown): string | undefined => {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first : undefined;
};
