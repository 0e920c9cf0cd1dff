import { isObject, type JsonObject, toSnakeCase } from "./json.ts";

const named = (...names: string[]) => new Set(names.flatMap((name) => [name, toSnakeCase(name)]));

/** The members in which messages of the protocol hold further ones; what stands elsewhere is free-form. */
const nested = named(
  ...["task", "tasks", "message", "msg", "update", "status", "statusUpdate", "artifact", "artifacts", "artifactUpdate"],
  ...["history", "parts", "content", "file", "configs", "configuration", "authentication"],
  ...["pushNotificationConfig", "taskPushNotificationConfig"],
);

/** The other members that the protocol has, in 1.0 or before. Of members that it does not have nobody knows what null means. */
const known = named(
  ...["kind", "type", "id", "contextId", "taskId", "messageId", "role", "metadata", "extensions", "referenceTaskIds"],
  ...["state", "timestamp", "artifactId", "index", "name", "description", "append", "lastChunk", "final"],
  ...["text", "raw", "url", "filename", "mediaType", "bytes", "uri", "mimeType", "fileWithBytes", "fileWithUri"],
  ...["token", "scheme", "schemes", "credentials", "tenant", "historyLength", "acceptedOutputModes", "blocking"],
  ...["returnImmediately", "nextPageToken", "pageSize", "totalSize", "pageToken", "includeArtifacts"],
);

/**
 * A message of the protocol without the members that are null: ProtoJSON writes, and reads, null for "not set". A part's `data` may be
 * null itself, and members that the protocol does not have keep theirs. The value itself where there is nothing to leave out.
 */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return inList(value);
  return isObject(value) ? inObject(value) : value;
}

function inList(list: unknown[]): unknown[] {
  let copy: unknown[] | undefined;
  for (const [at, item] of list.entries()) {
    const read = withoutNulls(item);
    if (read === item) continue;
    copy ??= [...list];
    copy[at] = read;
  }
  return copy ?? list;
}

function inObject(object: JsonObject): JsonObject {
  let copy: JsonObject | undefined;
  for (const [name, member] of Object.entries(object)) {
    if (member === null && isNamed(name)) {
      copy ??= { ...object };
      delete copy[name];
    } else if (nested.has(name)) {
      const read = withoutNulls(member);
      if (read === member) continue;
      copy ??= { ...object };
      copy[name] = read;
    }
  }
  return copy ?? object;
}

/** The same for the object's own members alone, for those who look no deeper. */
export function withoutNullMembers(object: JsonObject): JsonObject {
  for (const name in object) {
    if (object[name] === null && isNamed(name)) {
      return Object.fromEntries(Object.entries(object).filter(([name, member]) => member !== null || !isNamed(name)));
    }
  }
  return object;
}

const isNamed = (name: string): boolean => nested.has(name) || known.has(name);
