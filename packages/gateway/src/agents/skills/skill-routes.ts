import { microDollarsToNumber, type SkillWords } from "@agentgate/protocol";
import { z } from "zod";
import { actions, may } from "../../access/index.ts";
import { idParams, numeric, Problem, type RouteDefinition, route, text } from "../../http/index.ts";
import type { Agent } from "../agent.ts";
import { agentsTag as tag } from "../fields.ts";
import type { AgentRegistry } from "../registry.ts";
import { type AgentSkill, type SkillState, WHOLE_AGENT } from "./skill.ts";
import type { SkillRegistry } from "./skill-registry.ts";

const schema = z.record(z.string(), z.unknown()).nullable();
const words = {
  id: z.string().describe("What a task names it by"),
  title: z.string().nullable(),
  description: z.string(),
  input_schema: schema.describe("Of its arguments, as JSON Schema; null where its agent tells none"),
  output_schema: schema,
  annotations: schema.describe("Hints as MCP has them"),
};
const wireWords = z.object(words).meta({ id: "SkillWords" });
const wireSkill = z
  .object({
    ...words,
    name: z.string().describe("As a tool at the agent's own MCP address"),
    tool: z.string().describe("As a tool among those of all agents"),
    price: z.number().nullable().describe("Dollars, of one with a price of its own; null: what any task costs"),
    state: z
      .enum(["live", "changed", "pending", "gone"])
      .describe("`live`: offered. All others are told to the owner alone, and wait until that has looked at them"),
    found: wireWords
      .nullable()
      .describe("To the owner: what its server or site tells by now, where that is not what was approved"),
  })
  .meta({ id: "OfferedSkill" });

const wirePage = z
  .object({
    skills: z.array(wireSkill),
    next: z.string().nullable().describe("Where the list goes on; null at its end"),
  })
  .meta({ id: "OfferedSkillPage" });

const SKILLS_MAX = 512;

/** What an agent can do, one by one. */
export function skillRoutes(agents: AgentRegistry, skills: SkillRegistry): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/agents/{id}/skills",
      action: actions.readDirectory,
      tag,
      operationId: "listAgentSkills",
      summary: "List what an agent can do",
      description:
        "Its skills, an MCP server's tools or a website's calls, in its own order, with the schemas of their arguments. Everybody who sees the agent sees those that are " +
        "offered; its owner also those that wait to be looked at.",
      params: idParams,
      query: z.object({
        limit: numeric(z.int().min(1).max(SKILLS_MAX)).default(100),
        after: text().max(255).optional().describe("`next` of the page before"),
      }),
      responses: {
        200: {
          description: "Skills",
          schema: wirePage,
        },
        404: { description: "No such agent" },
      },
      handler: async ({ params, query: { limit, after }, caller }) => {
        const agent = await agents.get(params.id, caller);
        const isOwners = may(caller, actions.inspectAgents, agent);
        const all = (await skills.of(agent.id)).filter(
          ({ id, state }) => id !== WHOLE_AGENT && (isOwners || state === "live"),
        );
        const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
        // The first page again would have whoever goes on by `next` go round for ever.
        if (after !== undefined && from === 0) {
          throw new Problem(422, "There is no skill of the id in `after` any more: begin with the first page");
        }
        const page = all.slice(from, from + limit);
        const isLast = from + limit >= all.length;
        return {
          skills: page.map((skill) => toWire(skill, agent, isOwners)),
          next: isLast ? null : page.at(-1)!.id,
        };
      },
    }),
  ];
}

const toWireWords = ({ id, title, description, inputSchema, outputSchema, annotations }: SkillWords) => ({
  id,
  title,
  description,
  input_schema: inputSchema,
  output_schema: outputSchema,
  annotations,
});

function toWire(skill: AgentSkill, { prices }: Pick<Agent, "prices">, isOwners: boolean) {
  const price = prices.get(skill.id);
  return {
    ...toWireWords(skill),
    name: skill.name,
    tool: skill.tool,
    price: price === undefined ? null : microDollarsToNumber(price),
    state: skill.state satisfies SkillState,
    found: isOwners && skill.found ? toWireWords(skill.found) : null,
  };
}
