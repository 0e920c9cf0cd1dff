import { SKILL_META, type TaskPart, type TaskRequest } from "@agentgate/protocol";

/** A file for an agent: a `File` or `Blob`, its bytes, or where it is. */
export type TaskFile =
  | Blob
  | { name?: string | undefined; mediaType?: string | undefined; bytes: Uint8Array }
  | { name?: string | undefined; mediaType?: string | undefined; url: string };

/** What goes with a task. */
export interface TaskExtras {
  /** They follow what is said. */
  files?: readonly TaskFile[] | undefined;
  /** Id of the agent's skill that is meant; what it costs is the skill's price. */
  skill?: string | undefined;
  /** Goes on with a conversation: the `contextId` of an answer. */
  contextId?: string | undefined;
  /** Goes on with an A2A task, or answers its question: the `taskId` of an answer. */
  taskId?: string | undefined;
}

/** The task with what goes with it, in its message. */
export async function withExtras(
  task: TaskRequest,
  { files = [], skill, contextId, taskId }: TaskExtras,
): Promise<TaskRequest> {
  const { message } = task;
  const parts = [...(message?.parts ?? []), ...(await Promise.all(files.map(filePart)))];
  const metadata = skill === undefined ? {} : { metadata: { ...Object(message?.metadata), [SKILL_META]: skill } };
  const place = { ...(contextId !== undefined && { contextId }), ...(taskId !== undefined && { taskId }) };
  return { ...task, message: { role: "user", ...message, ...place, parts, ...metadata } };
}

async function filePart(given: TaskFile): Promise<TaskPart> {
  const isBlob = given instanceof Blob;
  const { name } = given as { name?: string };
  const mimeType = (isBlob ? given.type : given.mediaType) || undefined;
  const file = { ...(name && { name }), ...(mimeType && { mimeType }) };
  if ("url" in given) return { type: "file", file: { ...file, uri: given.url } };
  const bytes = isBlob ? new Uint8Array(await given.arrayBuffer()) : given.bytes;
  return { type: "file", file: { ...file, bytes: toBase64(bytes) } };
}

/** As many bytes at once as are surely few enough for arguments. */
const STEP = 0x8000;

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += STEP)
    text += String.fromCharCode(...bytes.subarray(from, from + STEP));
  return btoa(text);
}
