/**
 * What an agent said, as text, whatever it speaks: the texts of its artifacts, or of its message, else its `text`, else its JSON (contract
 * section 7).
 *
 * @param answer what `sendTask` answers, also of a priced agent; a stream's `answer`; a task or message of A2A
 */
export function textOf(answer: unknown): string {
  const { ucp, result } = record(answer);
  // Of a priced agent, what it said stands beside what it cost.
  if (ucp !== undefined && result !== undefined) return textOf(result);
  return typeof answer === "string" ? answer : (saidIn(record(answer)) ?? JSON.stringify(answer) ?? "");
}

function saidIn({
  artifacts,
  result,
  task,
  message,
  status,
  parts,
  text,
}: Record<string, unknown>): string | undefined {
  return (
    textOfArtifacts(artifacts) ??
    // Of A2A, and of agents that answer as JSON-RPC does.
    [task, result].filter((one) => typeof one === "object" && one !== null).map((one) => saidIn(record(one)))[0] ??
    string(result) ??
    textOfParts(record(message).parts) ??
    textOfParts(parts) ??
    textOfParts(record(record(status).message).parts) ??
    string(text)
  );
}

function textOfArtifacts(artifacts: unknown): string | undefined {
  const texts = list(artifacts)
    .map((artifact) => textOfParts(record(artifact).parts))
    .filter((text) => text !== undefined);
  return texts.length ? texts.join("\n") : undefined;
}

/** Parts are pieces of one text. */
function textOfParts(parts: unknown): string | undefined {
  const texts = list(parts)
    .map((part) => string(record(part).text))
    .filter((text) => text !== undefined);
  return texts.length ? texts.join("") : undefined;
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const record = (value: unknown): Record<string, unknown> => Object(value);
const string = (value: unknown) => (typeof value === "string" ? value : undefined);
