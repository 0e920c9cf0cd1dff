import { META_PREFIX } from "@agentgate/protocol";
import type { JsonObject } from "@agentgate/protocol/a2a";
import type { Agent } from "../../agents/index.ts";
import { isExact, memberTexts, parseExact } from "../../http/index.ts";
import { keysOfForms } from "../elicitation/question.ts";
import type { Era } from "../wire/message.ts";
import { type AgentAnswer, readAnswer, receiptIn, resultOfParts, type ToolResult } from "./tool-result.ts";

/** The pipeline's answer, taken apart: of a priced agent beside what it cost. */
export function answerIn(
  body: string,
  agent: Agent,
  isReplayed: boolean,
): { answer: AgentAnswer; receipt?: JsonObject } {
  const isTask = agent.protocol !== "plain";
  // A repetition had a price then, whatever it has now.
  const members = agent.pricePerTask > 0n || isReplayed ? memberTexts(body) : undefined;
  const ucp = members?.get("ucp");
  const result = members?.get("result");
  if (ucp === undefined || result === undefined) return { answer: exactAnswer(body, isTask) };
  const receipt = receiptIn(JSON.parse(ucp));
  return { answer: exactAnswer(result, isTask), ...(receipt && { receipt }) };
}

/** With every number as the agent wrote it. Most answers are words, in which none is looked for. */
function exactAnswer(text: string, isTask: boolean): AgentAnswer {
  const answer = readAnswer(JSON.parse(text), isTask);
  const isWords = answer.metadata === undefined && answer.parts.every(isWord) && answer.statusParts.every(isWord);
  return isWords || isExact(text) ? answer : readAnswer(parseExact(text), isTask);
}

const isWord = ({ text }: JsonObject): boolean => typeof text === "string";

/** What is told beside a result: which of the agent's tasks it is of, and what it cost. Undefined where there is nothing to tell. */
export function metaOf(
  { taskId, contextId, state }: AgentAnswer,
  receipt: JsonObject | undefined,
  isReplayed: boolean,
): JsonObject | undefined {
  if (taskId === undefined && !receipt && !isReplayed) return undefined;
  return {
    ...(taskId !== undefined && {
      [`${META_PREFIX}task`]: { id: taskId, ...(contextId && { context_id: contextId }), state },
    }),
    ...(receipt && { [`${META_PREFIX}receipt`]: receipt }),
    ...(isReplayed && { [`${META_PREFIX}replayed`]: true }),
  };
}

/** What came of a task, for whoever is not asked back. */
export function resultOfAnswer(answer: AgentAnswer, era: Era): ToolResult {
  const { state, taskId, parts, statusParts } = answer;
  if (state === "completed") return resultOfParts(parts.length > 0 ? parts : statusParts, era);
  const said = resultOfParts([...parts, ...statusParts], era);
  const id = JSON.stringify(taskId ?? "");
  if (state === "input-required" || state === "auth-required") {
    const words = `The agent asks back. To answer, call this tool again with {"task_id":${id},${replyIn(answer)}}.`;
    return { content: [...said.content, { type: "text", text: words }] };
  }
  const words = `The agent is still at work on its task ${id}. To hear of it, call this tool again with {"task_id":${id},"message":"Are you done?"}.`;
  return { content: [...said.content, { type: "text", text: words }] };
}

/** What a model goes on with: words, or, where one text is no answer to what is asked, a form for each thing. */
function replyIn(answer: AgentAnswer): string {
  const keys = keysOfForms(answer);
  if (keys.length === 0) return '"message":"your answer"';
  const inputResponses = Object.fromEntries(keys.map((key) => [key, { action: "accept", content: {} }]));
  return `"data":${JSON.stringify({ inputResponses })}`;
}
