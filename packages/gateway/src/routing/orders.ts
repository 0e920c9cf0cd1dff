import { type MicroDollars, SKILL_META } from "@agentgate/protocol";
import { type Agent, type AgentRegistry, knownOnes, priceOf, skillIdsOf } from "../agents/index.ts";
import { isJsonObject, Problem } from "../http/index.ts";
import type { AgentProtocol } from "./agent-protocol.ts";
import type { ProtocolByAgent } from "./protocols/by-agent.ts";
import type { TaskRequest } from "./task.ts";

/** What of an agent a task asks for: a skill, at its price. */
export interface Order {
  /** The skill's id; undefined of a task that names none. */
  skillId: string | undefined;
  price: MicroDollars;
  /** What the agent is told, where that is not the task as it came. */
  body: string | undefined;
}

/** Finds out which of its skills a task asks an agent for, before anything is put aside for it or sent. */
export class Orders {
  readonly #agents: Pick<AgentRegistry, "skills">;
  readonly #protocols: Pick<ProtocolByAgent, "readerFor">;

  constructor(agents: Pick<AgentRegistry, "skills">, protocols: Pick<ProtocolByAgent, "readerFor">) {
    this.#agents = agents;
    this.#protocols = protocols;
  }

  /**
   * Undefined for a task that names no skill, which costs what the agent does. Where nothing has to be looked up, without a promise.
   * @throws Problem 422 for a skill that the agent does not have, or a task that is none for it
   */
  of(agent: Agent, request: TaskRequest, callerScope: string): Order | undefined | Promise<Order> {
    const protocol = this.#protocols.readerFor(agent);
    return protocol ? this.#read(protocol, agent, request, callerScope) : namedOrder(agent, request);
  }

  async #read(protocol: AgentProtocol, agent: Agent, request: TaskRequest, callerScope: string): Promise<Order> {
    const named = skillNamedIn(request.task);
    const skills = await this.#agents.skills(agent);
    const { skill, body } = await protocol.order!(agent, { request, callerScope, skills });
    // What is named is what was priced, by whoever sold it.
    if (named !== undefined && skill) demandSame(named, skill.id);
    return { skillId: skill?.id, price: priceOf(agent, skill?.id), body };
  }
}

function namedOrder(agent: Agent, { task, purchase }: TaskRequest): Order | undefined {
  const skillId = skillNamedIn(task);
  if (skillId === undefined) return undefined;
  if (agent.prices.size > 0) demandOneReading(task);
  // What was bought is done, whatever the agent says of itself by now.
  if (!purchase && !agent.prices.has(skillId)) demandSkill(agent, skillId);
  return { skillId, price: priceOf(agent, skillId), body: undefined };
}

/** Where a skill is named. */
const NAMING = ["message", "metadata"];

/** As readers that ignore case tell names apart: Go's takes `Message` for `message`, and \u017f for s. */
const folded = (name: string): string => name.normalize("NFKC").toUpperCase().toLowerCase();

/** @throws Problem 422 for a member in which an agent could read another skill than the one that is paid for */
function demandOneReading(task: Readonly<Record<string, unknown>>): void {
  for (const object of [task, task.message]) {
    if (!isJsonObject(object)) continue;
    for (const name of Object.keys(object)) {
      if (NAMING.includes(name) || !NAMING.includes(folded(name))) continue;
      throw invalid(
        `A task that names a skill has no member ${name.slice(0, 64)}, which could be read as ${folded(name)}`,
      );
    }
  }
}

function demandSkill(agent: Agent, skillId: string): void {
  const ids = skillIdsOf(agent);
  if (!ids.has(skillId)) throw unknownSkill(agent, skillId, ids);
}

/**
 * The skill that a task names, by the member `dev.agentgate/skill` of its message's metadata. Agents of A2A get the task's own metadata
 * with a message that has none: so it counts, too, and whatever an agent may read says the same.
 * @throws Problem 422 for a name that is no text, or for two
 */
export function skillNamedIn(task: Readonly<Record<string, unknown>>): string | undefined {
  const { message, metadata } = task;
  const inMessage = isJsonObject(message) ? namedIn(message.metadata) : undefined;
  const inTask = metadata === undefined ? undefined : namedIn(metadata);
  if (inMessage === undefined) return inTask;
  if (inTask !== undefined && inTask !== inMessage) throw invalid(`${SKILL_META} names two skills: a task is for one`);
  return inMessage;
}

/** @throws Problem 422 when the metadata names another skill than the one that a task is for */
export function demandSame(named: string, asked: string): void {
  if (named !== asked)
    throw invalid(`The message names the skill ${shown(named)}, and calls ${shown(asked)}: a task is for one`);
}

function namedIn(metadata: unknown): string | undefined {
  if (!isJsonObject(metadata) || !Object.hasOwn(metadata, SKILL_META)) return undefined;
  const named = metadata[SKILL_META];
  if (named === null || named === "") return undefined;
  if (typeof named === "string") return named;
  throw invalid(`${SKILL_META} is the id of a skill, as text`);
}

/** A message of A2A whose metadata names the skill that was paid for. */
export function withSkill(message: unknown, skillId: string | undefined): unknown {
  if (skillId === undefined || !isJsonObject(message)) return message;
  const { metadata } = message;
  return { ...message, metadata: { ...(isJsonObject(metadata) ? metadata : {}), [SKILL_META]: skillId } };
}

/** The header that tells an agent the skill which was paid for. */
export const SKILL_HEADER = "x-agentgate-skill";

/** As a header has it: an id that visible ASCII does not hold is percent-encoded UTF-8, and so is `%`. */
export const skillHeader = (skillId: string): string =>
  /^[!-$&-~]+$/.test(skillId) ? skillId : encodeURIComponent(skillId);

/** What of the id is told in words. */
const shown = (skillId: string): string => (skillId.length > 64 ? `${skillId.slice(0, 64)}…` : skillId);

const unknownSkill = ({ name }: Agent, skillId: string, ids: ReadonlySet<string>) =>
  invalid(`Agent ${name} has no skill ${shown(skillId)}; ${knownOnes(ids)}`, "unknown_skill");

const invalid = (msg: string, code = "validation_failed") =>
  new Problem(422, [{ type: "value_error", loc: ["body", "message", "metadata", SKILL_META], msg }], { code });
