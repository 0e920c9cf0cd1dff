import { isObject, type JsonObject, toSnakeCase } from "./json.ts";
import { couldBe, type RuledNames, ruledNames } from "./ruled-names.ts";

/** What a result or event may be, and what is read of a task, an update or a message; 0.3 has both in one object. */
const names = [
  ...["task", "message", "statusUpdate", "artifactUpdate", "tasks", "msg"],
  ...["id", "taskId", "contextId", "status", "artifacts", "artifact", "history", "kind", "final", "messageId", "role"],
  ...["parts", "content", "metadata", "extensions", "append", "lastChunk", "referenceTaskIds"],
];
const answer = withProtoNames(names);
const status = withProtoNames(["state", "timestamp", "message", "update", "metadata"]);
const held = ["task", "message", "statusUpdate", "artifactUpdate", "status_update", "artifact_update"];

function withProtoNames(list: readonly string[]): RuledNames {
  const { exact, ...rest } = ruledNames(list);
  return { ...rest, exact: new Set([...exact, ...list.map(toSnakeCase)]) };
}

/**
 * Whether an agent's result or event, of any version, has no member that some reader could take for one that the gateway judges it by:
 * whose task it is, and in what state.
 */
export function isPlainlyNamed(value: JsonObject): boolean {
  if (!hasPlainNames(value, answer)) return false;
  if (isObject(value.status) && !hasPlainNames(value.status, status)) return false;
  for (const name of held) {
    const part = value[name];
    if (isObject(part) && !(hasPlainNames(part, answer) && hasPlainStatus(part))) return false;
  }
  return true;
}

const hasPlainStatus = (part: JsonObject): boolean => !isObject(part.status) || hasPlainNames(part.status, status);

function hasPlainNames(object: JsonObject, ruled: RuledNames): boolean {
  for (const name in object) if (!ruled.exact.has(name) && couldBe(name, ruled)) return false;
  return true;
}

/** The same without such members. */
export function plainlyNamed(value: JsonObject): JsonObject {
  const whole = withoutLookalikes(value, answer);
  for (const name of held) {
    const part = whole[name];
    if (isObject(part)) whole[name] = withPlainStatus(withoutLookalikes(part, answer));
  }
  return withPlainStatus(whole);
}

function withPlainStatus(part: JsonObject): JsonObject {
  return isObject(part.status) ? { ...part, status: withoutLookalikes(part.status, status) } : part;
}

const withoutLookalikes = (object: JsonObject, ruled: RuledNames): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => ruled.exact.has(name) || !couldBe(name, ruled)));
