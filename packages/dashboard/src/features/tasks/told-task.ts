import { shortText, visibleText } from "@agentgate/protocol/format";
import { en } from "../../messages/en.ts";

const said = en.tasks;
const TEXT_MAX = 50_000;
/** Artifacts, messages, and parts of each, that are shown. */
export const ITEMS_MAX = 100;

/** What an agent tells of a task, as texts in which nothing hides. */
export interface ToldTask {
  state: string | undefined;
  message: string[];
  artifacts: { name: string; description: string; texts: string[] }[];
  history: { isByAgent: boolean; texts: string[] }[];
}

/** Any of it may be anything. */
type Anything<Member extends string> = Partial<Record<Member, unknown>>;

const objectIn = <Member extends string>(value: unknown): Anything<Member> =>
  typeof value === "object" && value !== null ? value : {};
const listIn = <Member extends string>(value: unknown): Anything<Member>[] =>
  Array.isArray(value) ? value.slice(0, ITEMS_MAX).map((one) => objectIn<Member>(one)) : [];
const textIn = (...values: unknown[]): string =>
  values.find((value): value is string => typeof value === "string" && value !== "") ?? "";

/** Reads an agent's answer to GetTask. */
export function readTask(told: unknown): ToldTask {
  const task = objectIn<"status" | "artifacts" | "history">(told);
  const { state, message } = objectIn<"state" | "message">(task.status);
  const artifacts = listIn<"artifactId" | "name" | "description" | "parts">(task.artifacts);
  const history = listIn<"role" | "parts">(task.history);
  return {
    state: textIn(state) || undefined,
    message: textsOf(objectIn<"parts">(message).parts),
    artifacts: artifacts.map(({ artifactId, name, description, parts }) => ({
      name: shortText(textIn(name, artifactId, said.artifact), 80),
      description: shortText(textIn(description), 200),
      texts: textsOf(parts),
    })),
    history: history.map(({ role, parts }) => ({ isByAgent: role === "ROLE_AGENT", texts: textsOf(parts) })),
  };
}

type Part = "text" | "data" | "url" | "raw" | "filename" | "mediaType";
const textsOf = (parts: unknown): string[] =>
  listIn<Part>(parts).map((part) => visibleText(textOf(part).slice(0, TEXT_MAX)));

function textOf({ text, data, url, raw, filename, mediaType }: Anything<Part>): string {
  if (typeof text === "string") return text;
  if (data !== undefined) return JSON.stringify(data, undefined, 2);
  const what = [filename, mediaType].filter((one) => textIn(one) !== "").join(", ") || said.file;
  if (typeof url === "string") return `${what}: ${url}`;
  return said.bytes(what, typeof raw === "string" ? Math.floor((raw.length * 3) / 4) : 0);
}
