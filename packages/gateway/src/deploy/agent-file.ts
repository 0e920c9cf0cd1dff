import { nearest } from "@agentgate/protocol";
import { isMap, type Node, type Pair, parseDocument, type Scalar } from "yaml";
import { z } from "zod";
import { newAgent } from "../agents/index.ts";
import { Problem, text, type ValidationFinding, whatIsWrong } from "../http/index.ts";
import { variableName, variableValue } from "./variables.ts";

/** Fields that are read as they are written: to YAML `1.10`, `0x10` and `1e3` are numbers. */
const AS_WRITTEN = new Set(["version", "price_per_task", "timeout_ms"]);

/** How the gateway starts an agent that it hosts. */
const hosting = {
  command: z
    .union([text().min(1).max(1_024), z.array(text().max(1_024)).min(1).max(64)])
    .nullish()
    .describe("What starts the agent, instead of node with its agent.ts, agent.js or agent.mjs"),
  env: z
    .record(variableName, z.union([z.string(), z.number(), z.boolean()]).transform(String).pipe(variableValue))
    .refine((env) => Object.keys(env).length <= 64, { error: "At most 64 variables" })
    .nullish()
    .describe("Environment variables that are no secrets"),
};

const skill = z.preprocess((value) => (typeof value === "string" ? { id: value, name: value } : value), z.unknown());
const asList = (value: unknown) => (Array.isArray(value) ? value.map((one) => skill.parse(one)) : value);

/** An `agentgate.yaml`, its `card` an address. */
const agentFile = newAgent
  .omit({ card: true, card_url: true })
  .extend({ ...hosting, card: z.url({ error: "In an archive, a card is named by its address" }).nullish() });

/** What an archive says of its agent. */
export type AgentFile = z.output<typeof agentFile>;

const known = Object.keys(agentFile.shape);

/**
 * Reads the `agentgate.yaml` of an archive. A field that nobody knows is wrong: a slip in the price would give the work away.
 *
 * @param given fields of the form, which win
 * @throws Problem 422 naming each field that is wrong
 */
export function readAgentFile(text: string | undefined, given: Record<string, string | undefined>): AgentFile {
  const written = text === undefined ? {} : parse(text);
  for (const name of Object.keys(written)) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    throw invalid([finding([name], "unknown", `Unknown field${meant ? `; did you mean "${meant}"?` : ""}`)]);
  }
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ""));
  const result = agentFile.safeParse({ ...written, ...said, skills: asList(written.skills) }, { error: whatIsWrong });
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.slice(0, 20).map(({ path, code, message }) => finding(path.map(String), code, message)),
  );
}

function parse(text: string): Record<string, unknown> {
  try {
    const document = parseDocument(text, { prettyErrors: false });
    const [error] = document.errors;
    if (error) throw error;
    if (document.contents === null) return {};
    if (!isMap(document.contents)) throw new Error('It must hold fields such as "name: my-agent"');
    const pairs = document.contents.items as Pair<Scalar, Node | null>[];
    const entries = pairs.map(({ key, value }): [string, unknown] => {
      const name = `${key.value}`;
      const isNumber = AS_WRITTEN.has(name) && typeof (value as Scalar | null)?.value === "number";
      return [name, isNumber ? (value as Scalar).source : (value?.toJS(document) ?? null)];
    });
    return Object.fromEntries(entries);
  } catch (error) {
    throw invalid([finding([], "yaml_invalid", (error as Error).message.slice(0, 200))]);
  }
}

const finding = (path: string[], type: string, msg: string): ValidationFinding => ({
  type,
  loc: ["body", "file", "agentgate.yaml", ...path],
  msg,
});

const invalid = (findings: ValidationFinding[]) => new Problem(422, findings, { code: "validation_failed" });
