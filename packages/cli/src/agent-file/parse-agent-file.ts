import { nearest } from "@agentgate/protocol";
import { type Document, isMap, LineCounter, type Node, type Pair, parseDocument, type Scalar } from "yaml";
import { CliError } from "../cli-error.ts";
import type { AgentFile } from "./agent-file.ts";
import { type FieldName, type FieldReader, readers, shorthands } from "./fields.ts";
import { placeInYaml } from "./place-in-yaml.ts";
import { mayBeServer, serverTerms } from "./server-terms.ts";
import { yamlProblem } from "./yaml-problem.ts";

/**
 * Reads and checks an `agentgate.yaml`. A field that nobody knows is wrong: a slip in the price would give the work away.
 * @param options `isHosted` of an agent that the gateway runs, which has no address of its own yet
 * @throws {@link CliError} naming every field that is wrong, with file and line
 */
export function parseAgentFile(path: string, text: string, { isHosted = false } = {}): AgentFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: string[] = [];
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}:`;
  };

  for (const error of document.errors) {
    const { offset, message } = yamlProblem(error, text, document);
    problems.push(`${at(offset)} ${message}`);
  }
  if (problems.length > 0) throw invalid(problems);
  if (!isMap(document.contents)) {
    throw invalid([`${path}:1:1: must hold fields such as "name: my-agent", not ${describeRoot(document.contents)}`]);
  }

  const agent: Record<string, unknown> = {};
  for (const pair of document.contents.items as Pair<Scalar, Node | null>[]) {
    const key = `${pair.key.value}`;
    const line = at(pair.key.range?.[0] ?? 0);
    if (!isField(key)) {
      const similar = nearest(key, Object.keys(readers));
      problems.push(`${line} unknown field "${key}"${similar ? `; did you mean "${similar}"?` : ""}`);
      continue;
    }
    const { property, read }: FieldReader = readers[key];
    const value = readValue(pair.value, document, (problem) => problems.push(`${line} ${key} ${problem}`));
    if (value === null) continue;
    const result = read(value, (pair.value as Scalar).source ?? "");
    if ("problem" in result) {
      const inside = placeInYaml(pair.value, result.place ?? []);
      problems.push(`${inside === undefined ? line : at(inside)} ${key} ${result.problem}`);
    } else agent[property] = result.value;
  }
  takeShorthand(agent, (problem) => problems.push(`${path}: ${problem}`));
  const isServer = mayBeServer(agent.protocol);
  for (const name of serverTerms) {
    if (agent[name] === undefined || isServer) continue;
    problems.push(`${at(placeInYaml(document.contents, [name]) ?? 0)} ${name} is said of MCP servers alone: remove it`);
  }
  // A card that is wrong was meant to tell them too.
  const hasCard = agent.cardPlace !== undefined || problems.some((problem) => problem.includes(" card "));
  const isRead = agent.protocol === "site" || agent.protocol === "mcp";
  for (const required of requiredFields(hasCard, isHosted, isRead)) {
    const said = problems.some((problem) => problem.includes(` ${required} `));
    if (agent[required] === undefined && !said) problems.push(`${path}: ${required} is missing`);
  }
  if (problems.length > 0) throw invalid(problems);
  return agent as AgentFile;
}

/** Null too for an alias of nothing, which is only found out here. */
function readValue(node: Node | null, document: Document, say: (problem: string) => void): unknown {
  try {
    return node?.toJS(document) ?? null;
  } catch (error) {
    const [, name] = /alias[^:]*: (\S+)/.exec((error as Error).message) ?? [];
    say(name === undefined ? (error as Error).message : `has *${name}, and no &${name} stands before it`);
    return null;
  }
}

/** `site: https://myshop.com` is the address, and that it is a site. */
function takeShorthand(agent: Record<string, unknown>, say: (problem: string) => void): void {
  const given = shorthands.filter((name) => agent[name] !== undefined);
  if (given.length > 1) say("it is either a site or an mcp server, not both");
  for (const name of given) {
    const address = agent[name];
    delete agent[name];
    for (const [field, property] of [
      ["url", "url"],
      ["card", "cardPlace"],
    ] as const) {
      if (agent[property] !== undefined) say(`${name} says where the agent is: remove ${field}`);
    }
    if (agent.protocol !== undefined && agent.protocol !== name)
      say(`${name} says what the agent speaks: remove protocol`);
    Object.assign(agent, { url: address, protocol: name });
  }
}

const requiredFields = (hasCard: boolean, isHosted: boolean, isRead: boolean): readonly FieldName[] => {
  if (hasCard) return [];
  // What a site or an MCP server is called, it tells itself.
  if (isRead) return ["url"];
  return isHosted ? ["name"] : ["name", "url"];
};

const isField = (key: string): key is FieldName => Object.hasOwn(readers, key);

const describeRoot = (node: unknown) => (node === null ? "nothing" : "a list or a single value");

const invalid = (problems: string[]) => new CliError("agent_file_invalid", problems.join("\n"));
