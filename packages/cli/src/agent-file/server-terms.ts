import type { ToolTerms } from "@agentgate/client";
import { nearest } from "@agentgate/protocol";

/** Whether tools of an MCP server that changed, or are new, wait until they were looked at. */
export const trusts = ["pin", "auto"] as const;
/** Whose sessions are kept at an MCP server that keeps some. */
export const sessionSettings = ["caller", "shared"] as const;

/** What is said of an MCP server alone. */
export const serverTerms = ["tools", "trust", "session"] as const;

/** Whether that is not ruled out by what is said of the protocol. */
export const mayBeServer = (protocol: unknown): boolean =>
  protocol === undefined || protocol === "auto" || protocol === "mcp";

/** Where within a value something is wrong: the keys that lead there. */
export type Place = readonly (string | number)[];
export type ReadResult<T = unknown> = { value: T } | { problem: string; place?: Place };

const TOOLS_MAX = 512;
const NAME_MAX = 128;
const members = ["include", "prices"] as const;

const found = (value: unknown) => `(found ${JSON.stringify(value)?.slice(0, 60) ?? typeof value})`;
const isMembers = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** US dollars, as people write them: a number, or one in quotes. Undefined for anything else. */
export const toDollars = (value: unknown): number | undefined => {
  const dollars = typeof value === "string" && /^\d*\.?\d+$/.test(value) ? Number(value) : value;
  return typeof dollars === "number" && Number.isFinite(dollars) && dollars >= 0 ? dollars : undefined;
};

/** Amounts by name. */
export function readPrices(value: unknown, example = "checkout__pay: 0.05"): ReadResult<Record<string, number>> {
  if (!isMembers(value)) return { problem: `must hold lines such as "${example}" ${found(value)}` };
  const prices: Record<string, number> = {};
  for (const [name, given] of Object.entries(value)) {
    const dollars = toDollars(given);
    if (dollars === undefined) {
      return {
        problem: `must be amounts of dollars, 0 or more; ${name} is ${JSON.stringify(given)}`,
        place: [name],
      };
    }
    prices[name] = dollars;
  }
  return { value: prices };
}

/** Which tools are offered, and what they cost. */
export function readTools(value: unknown): ReadResult<ToolTerms> {
  if (!isMembers(value)) return { problem: `must hold "include", a list of names, or "prices" ${found(value)}` };
  for (const name of Object.keys(value)) {
    if (members.some((one) => one === name)) continue;
    const similar = nearest(name, members);
    return {
      problem: `has an unknown field "${name}"${similar ? `; did you mean "${similar}"?` : ""}`,
      place: [name],
    };
  }
  const include = value.include == null ? { value: undefined } : readInclude(value.include);
  if ("problem" in include) return include;
  const prices = value.prices == null ? { value: undefined } : readPrices(value.prices, "forecast: 0.05");
  if ("problem" in prices)
    return { problem: `has prices, which ${prices.problem}`, place: ["prices", ...(prices.place ?? [])] };
  return {
    value: { ...(include.value && { include: include.value }), ...(prices.value && { prices: prices.value }) },
  };
}

function readInclude(value: unknown): ReadResult<string[]> {
  const place = ["include"];
  if (!Array.isArray(value) || value.length === 0)
    return {
      problem: `has an include, which must be a list of tools, such as [forecast, alerts] ${found(value)}`,
      place,
    };
  if (value.length > TOOLS_MAX) return { problem: `has an include of more than ${TOOLS_MAX} tools`, place };
  const wrong = value.findIndex((name) => typeof name !== "string" || name === "" || name.length > NAME_MAX);
  if (wrong >= 0)
    return {
      problem: `has an include, which must hold names of tools ${found(value[wrong])}`,
      place: [...place, wrong],
    };
  return { value };
}
