import { isJsonObject } from "../http/index.ts";

/**
 * What an agent said, as text: the first text part of its artifacts, of its result or of its message, else its `text`, else its JSON
 * (contract section 7).
 *
 * @param answer what a task is answered; of a priced agent the agent's own JSON is its `result`
 * @param isTool what it says is what a tool has made: where that is no text, its JSON is what the next step is told
 */
export function outputText(
  answer: unknown,
  { isPriced, isTool = false }: { isPriced: boolean; isTool?: boolean },
): string {
  const said = isPriced && isJsonObject(answer) && "result" in answer ? answer.result : answer;
  if (!isJsonObject(said)) return typeof said === "string" ? said : JSON.stringify(said);
  const { artifacts, result, message, text } = said;
  const made = isTool ? dataOfArtifacts(artifacts) : undefined;
  if (made !== undefined) return JSON.stringify(made);
  const inner = isJsonObject(result) ? result : {};
  return (
    textOfArtifacts(artifacts) ??
    textOfArtifacts(inner.artifacts) ??
    textOfMessage(inner.message) ??
    (typeof result === "string" ? result : undefined) ??
    textOfMessage(message) ??
    (typeof text === "string" ? text : undefined) ??
    JSON.stringify(said)
  );
}

function textOfArtifacts(artifacts: unknown): string | undefined {
  if (!Array.isArray(artifacts)) return undefined;
  for (const artifact of artifacts) {
    const found = textOfMessage(artifact);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of a call's one artifact, what it holds beside no text. */
function dataOfArtifacts(artifacts: unknown): unknown {
  const [artifact] = Array.isArray(artifacts) ? artifacts : [];
  const parts: unknown[] = isJsonObject(artifact) && Array.isArray(artifact.parts) ? artifact.parts : [];
  if (parts.some((part) => isJsonObject(part) && typeof part.text === "string")) return undefined;
  const part = parts.find((one) => isJsonObject(one) && "data" in one);
  return isJsonObject(part) ? part.data : undefined;
}

/** Of anything that has parts. */
function textOfMessage(message: unknown): string | undefined {
  if (!isJsonObject(message) || !Array.isArray(message.parts)) return undefined;
  const part = message.parts.find((one) => isJsonObject(one) && typeof one.text === "string");
  return part?.text;
}
