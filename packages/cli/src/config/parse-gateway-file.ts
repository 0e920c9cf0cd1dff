import type { ToolTerms } from "@agentgate/client";
import { nearest } from "@agentgate/protocol";
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { placeInYaml } from "../agent-file/place-in-yaml.ts";
import {
  mayBeServer,
  type Place,
  type ReadResult,
  readPrices,
  readTools,
  serverTerms,
  sessionSettings,
  trusts,
} from "../agent-file/server-terms.ts";
import { CliError } from "../cli-error.ts";
import { isId } from "../find-agent.ts";
import { type GatewayFile, type Kind, kinds } from "./gateway-file.ts";

/** What a field may be; answers the value, or throws what is wrong with it. */
type Read = (node: Node, context: Context) => unknown;

interface Context {
  document: Document;
  /** Collects what is wrong, with its line. */
  wrong(node: Node | undefined, message: string, offset?: number): void;
}

class Wrong extends Error {
  /** Within the value. */
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

const wrong = (message: string, place: Place = []): never => {
  throw new Wrong(message, place);
};

/** What a node holds, aliases and all. */
function plainValue(node: Node, document: Document): unknown {
  try {
    return node.toJS(document);
  } catch (error) {
    // An alias of nothing is found out here alone.
    return wrong(`cannot be read: ${(error as Error).message}`);
  }
}

/** As an agentgate.yaml has it. */
const readAs =
  <T>(read: (value: unknown) => ReadResult<T>) =>
  (node: Node, { document }: Context): T => {
    const result = read(plainValue(node, document));
    return "problem" in result ? wrong(result.problem, result.place) : result.value;
  };
const oneOf =
  (names: readonly string[]): Read =>
  (node) =>
    isScalar(node) && names.some((name) => name === node.value) ? node.value : wrong(`must be ${names.join(" or ")}`);

const text: Read = (node) => {
  if (!isScalar(node)) return wrong("must be text");
  // A version such as 1.0 is a number to YAML, and no other text than it looks.
  if (typeof node.value === "number") return node.source ?? `${node.value}`;
  return typeof node.value === "string" ? node.value : wrong("must be text");
};
const number: Read = (node) =>
  isScalar(node) && typeof node.value === "number" && Number.isFinite(node.value) && node.value >= 0
    ? node.value
    : wrong("must be a number from 0");
const list: Read = (node) => (isSeq(node) ? node.toJSON() : wrong("must be a list"));
const id: Read = (node) =>
  isScalar(node) && isId(`${node.value}`) ? `${node.value}`.toLowerCase() : wrong("must be an id");
const secret: Read = (node) => {
  const value = isMap(node) ? (node.toJSON() as { env?: unknown }) : undefined;
  if (typeof value?.env === "string" && Object.keys(value).length === 1 && value.env !== "") return { env: value.env };
  return wrong("is a secret, which does not belong into the file: say { env: NAME }, and have NAME hold it");
};

interface Shape {
  fields: Record<string, Read>;
  required: readonly string[];
}

const step: Shape = {
  fields: { agent: text, input_template: text, skill: text, agent_api_key: secret },
  required: ["agent"],
};
const steps: Read = (node, context) => {
  if (!isSeq(node) || node.items.length === 0) return wrong("must be a list of one step or more");
  return node.items.map((item) => readMap(item as ParsedNode, step, context));
};

const shapes: Record<Kind, Shape> = {
  orgs: {
    fields: {
      ...{ id, name: text, tier: text, cost_per_invocation: number, billing_alert_threshold: number },
      ...{ wallet_low_threshold: number, rate_limit: number, rate_burst: number, api_key: secret },
    },
    required: ["name"],
  },
  agents: {
    fields: {
      ...{ id, name: text, org: text, url: text, description: text, version: text, skills: list, tags: list },
      ...{ site: text, mcp: text, prices: readAs((value) => readPrices(value)), tools: readAs(readTools) },
      ...{ trust: oneOf(trusts), session: oneOf(sessionSettings) },
      ...{
        price_per_task: number,
        webhook_url: text,
        timeout_ms: number,
        protocol: text,
        visibility: text,
        agent_api_key: secret,
      },
    },
    required: ["name", "url"],
  },
  webhooks: { fields: { id, url: text, org: text, events: list, description: text }, required: ["url"] },
  chains: { fields: { id, name: text, org: text, description: text, steps }, required: ["name", "steps"] },
};

/** The version of the format. */
const VERSION = 1;

/**
 * Reads and checks a `gateway.yaml`. A field that nobody knows is wrong: a slip in the price would give the work away.
 * @throws {@link CliError} naming everything that is wrong, with file and line
 */
export function parseGatewayFile(path: string, source: string): GatewayFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, maxAliasCount: 100 } as object);
  const problems: string[] = [];
  const at = (offset = 0) => `${path}:${lines.linePos(offset).line || 1}:`;
  for (const error of document.errors) problems.push(`${at(error.pos[0])} ${error.message}`);
  if (problems.length > 0) throw invalid(problems);
  const context: Context = {
    document,
    wrong: (node, message, offset = node?.range?.[0]) => void problems.push(`${at(offset)} ${message}`),
  };
  const root = document.contents;
  if (!isMap(root)) throw invalid([`${path}:1: must hold sections: ${kinds.join(", ")}`]);
  const file: Record<string, unknown> = {};
  for (const { key, value } of root.items as { key: ParsedNode; value: ParsedNode | null }[]) {
    const section = isScalar(key) ? `${key.value}` : "";
    if (section === "version") {
      if (!isScalar(value) || value.value !== VERSION) context.wrong(key, `version must be ${VERSION}`);
    } else if (!isKind(section)) context.wrong(key, unknown("section", section, [...kinds, "version"]));
    else if (value === null || (isScalar(value) && value.value === null)) file[section] = [];
    else if (!isSeq(value)) context.wrong(value, `${section} must be a list`);
    else file[section] = value.items.map((item) => readMap(item as ParsedNode, shapes[section], context));
  }
  if (problems.length > 0) throw invalid(problems);
  return file as GatewayFile;
}

function readMap(node: ParsedNode, { fields, required }: Shape, context: Context): Record<string, unknown> {
  const entry: Record<string, unknown> = {};
  if (!isMap(node)) {
    context.wrong(node, `must hold fields such as "${required[0]}: …"`);
    return entry;
  }
  for (const { key, value } of (node as YAMLMap<ParsedNode, ParsedNode | null>).items) {
    const name = isScalar(key) ? `${key.value}` : "";
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!read) context.wrong(key, unknown("field", name, Object.keys(fields)));
    else if (value !== null && !(isScalar(value) && value.value === null)) {
      try {
        entry[name] = read(value, context);
      } catch (error) {
        if (!(error instanceof Wrong)) throw error;
        context.wrong(value, `${name} ${error.message}`, placeInYaml(value, error.place));
        entry[name] = undefined;
      }
    }
  }
  if ("site" in fields) {
    takeShorthand(entry, (message) => context.wrong(node, message));
    takeServerTerms(entry, (name, message) => context.wrong(node, message, placeInYaml(node, [name])));
  }
  for (const name of required) if (!(name in entry)) context.wrong(node, `${name} is missing`);
  return entry;
}

/** `site: https://myshop.com` is the address of an agent, and what it speaks. */
function takeShorthand(entry: Record<string, unknown>, say: (message: string) => void): void {
  for (const name of ["site", "mcp"]) {
    const address = entry[name];
    delete entry[name];
    if (typeof address !== "string") continue;
    if (entry.url !== undefined) say(`${name} says where the agent is, and so does url: remove one of them`);
    if (entry.protocol !== undefined)
      say(`${name} says what the agent speaks, and so does protocol: remove one of them`);
    // As the gateway keeps it.
    Object.assign(entry, { url: name === "site" ? address.replace(/\/+$/, "") : address, protocol: name });
  }
}

/** What tools cost are prices of skills, and stand among these. */
function takeServerTerms(entry: Record<string, unknown>, say: (name: string, message: string) => void): void {
  const isOther = !mayBeServer(entry.protocol);
  for (const name of serverTerms) {
    if (entry[name] !== undefined && isOther) say(name, `${name} is said of MCP servers alone: remove it`);
  }
  const { include, prices } = (entry.tools ?? {}) as ToolTerms;
  if (prices) entry.prices = { ...(entry.prices as object | undefined), ...prices };
  if (include) entry.tools = { include };
  else delete entry.tools;
}

const isKind = (name: string): name is Kind => Object.hasOwn(shapes, name);

function unknown(what: string, name: string, known: readonly string[]): string {
  const similar = nearest(name, known);
  return `unknown ${what} "${name}"${similar ? `; did you mean "${similar}"?` : ""}`;
}

const invalid = (problems: string[]) => new CliError("gateway_file_invalid", problems.join("\n"));
