import { SKILL_META } from "@agentgate/protocol";
import type { JsonObject } from "@agentgate/protocol/a2a";
import { declaresElicitation } from "@agentgate/protocol/mcp";
import type { Agent } from "../../agents/index.ts";
import type { AgentAnswer } from "../calls/tool-result.ts";
import type { AgentTool } from "../tools/tool.ts";
import { invalidParams } from "../wire/mcp-error.ts";
import type { Era } from "../wire/message.ts";
import { type Question, questionOf, questionsOf } from "./question.ts";
import type { InputResponse } from "./responses.ts";

/** How what is asked is answered: all of it that the answers have to be read by. */
export interface AskedAbout {
  /** An agent's question, answered in a form, or by its own schema, or elsewhere; or several at once, each by its name. */
  kind: "answer" | "own" | "url" | "each";
  /** Of several, by which names the agent knows them, in their order. */
  each?: readonly { name: string; mode: Question["mode"] }[];
}

/** All that a person is asked at once. */
export interface Asking {
  questions: readonly Question[];
  about: AskedAbout;
}

/** What an agent whose task awaits its caller asks. Undefined for several things at once that not all can be shown. */
export function askingOf(answer: AgentAnswer, agent: Agent): Asking | undefined {
  const several = questionsOf(answer, agent);
  if (several === "unshowable") return undefined;
  if (several) {
    const each = several.map(({ name, question: { mode } }) => ({ name, mode }));
    return { questions: several.map(({ question }) => question), about: { kind: "each", each } };
  }
  const question = questionOf(answer, agent);
  const kind = question.mode === "url" ? "url" : question.isOwn ? "own" : "answer";
  return { questions: [question], about: { kind } };
}

/** Whether the client of a request can be asked all of it. */
export const canBeAsked = ({ questions }: Asking, era: Era): boolean =>
  era.isModern && questions.every(({ mode }) => declaresElicitation(era.envelope, mode));

/** What is asked, as the protocol has it. Its keys are never used again in the call. */
export const requestsOf = ({ questions, about }: Asking, turn: number): JsonObject =>
  Object.fromEntries(keysOf(about, turn).map((key, index) => [key, requestOf(questions[index]!)]));

const keysOf = ({ each }: AskedAbout, turn: number): string[] =>
  each ? each.map((_, index) => `turn-${turn}-${index + 1}`) : [`turn-${turn}`];

export const elicit = (params: JsonObject): JsonObject => ({ method: "elicitation/create", params });

function requestOf(question: Question): JsonObject {
  const { message } = question;
  if (question.mode === "url") return elicit({ mode: "url", message, url: question.url });
  return elicit({ mode: "form", message, requestedSchema: question.requestedSchema });
}

/** Whether a response is to anything of what is asked. */
export const isAnswered = (about: AskedAbout, turn: number, responses: ReadonlyMap<string, InputResponse>): boolean =>
  keysOf(about, turn).some((key) => responses.has(key));

/**
 * The responses to all that was asked, in its order.
 * @throws McpError -32602 where one is missing, or answers nothing
 */
export function answersTo(
  about: AskedAbout,
  turn: number,
  responses: ReadonlyMap<string, InputResponse>,
): readonly InputResponse[] {
  return keysOf(about, turn).map((key) => {
    const response = responses.get(key);
    if (!response) throw invalidParams(`inputResponses lacks ${key}`, "invalid_input_responses");
    if (response.action === "accept") demandContent(about, response);
    return response;
  });
}

/** Whether nothing of it was answered: the agent is to stop then. */
export const isDeclined = (answers: readonly InputResponse[]): boolean =>
  answers.every(({ action }) => action !== "accept");

function demandContent({ kind }: AskedAbout, { content }: InputResponse): void {
  if (kind === "answer" && typeof content.answer !== "string") {
    throw invalidParams("The content has a text called answer", "invalid_input_responses");
  }
  const isFlat = Object.values(content).every(
    (value) =>
      ["string", "number", "boolean"].includes(typeof value) ||
      (Array.isArray(value) && value.every((item) => typeof item === "string")),
  );
  if (!isFlat) throw invalidParams("The content of a form is flat", "invalid_input_responses");
}

/** What a person answered, as a message that goes on with the task. */
export function answerTask(
  id: string,
  { skillId }: Pick<AgentTool, "skillId">,
  { taskId, contextId, ...about }: AskedAbout & { taskId: string; contextId: string },
  answers: readonly InputResponse[],
): JsonObject {
  return {
    id,
    message: {
      role: "user",
      parts: [partOf(about, answers)],
      taskId,
      ...(contextId !== "" && { contextId }),
      ...(skillId !== undefined && { metadata: { [SKILL_META]: skillId } }),
    },
  };
}

function partOf({ kind, each = [] }: AskedAbout, answers: readonly InputResponse[]): JsonObject {
  if (kind === "each") {
    const inputResponses = Object.fromEntries(
      each.map(({ name, mode }, index) => {
        const { action, content } = answers[index]!;
        return [name, { action, ...(action === "accept" && mode === "form" && { content }) }];
      }),
    );
    return { type: "data", data: { inputResponses } };
  }
  const { content } = answers[0]!;
  if (kind === "own") return { type: "data", data: content };
  return { type: "text", text: kind === "url" ? "I have done so; please go on." : (content.answer as string) };
}
