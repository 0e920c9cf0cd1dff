import { A2AError, invalidParams } from "../errors.ts";
import { isObject, type JsonObject, without } from "../json.ts";

/** The official SDK's convention for data that 0.3 cannot hold: `{"value": …}` beside this flag in the metadata. */
const DATA_FLAG = "data_part_compat";

/** A 0.3 part as 1.0 has it. 0.1's `type` is read like `kind`. @throws A2AError InvalidParams */
export function fromPartV03(part: unknown): JsonObject {
  if (!isObject(part)) throw invalidParams("Each part must be an object");
  const rest = without(part, "kind", "type");
  switch (part.kind ?? part.type ?? onlyKindIn(part)) {
    case "text":
      return rest;
    case "file":
      return fromFile(rest);
    case "data":
      return fromData(rest);
    default:
      throw invalidParams(`A part's kind is text, file or data, not ${JSON.stringify(part.kind ?? null)}`);
  }
}

/** Some clients leave the kind out; what a part holds tells it, if that is one thing. */
function onlyKindIn(part: JsonObject): string | undefined {
  const kinds = ["text", "file", "data"].filter((kind) => part[kind] !== undefined && part[kind] !== null);
  return kinds.length === 1 ? kinds[0] : undefined;
}

function fromFile({ file, ...rest }: JsonObject): JsonObject {
  if (!isObject(file)) throw invalidParams("A file part needs `file`");
  const { bytes, uri, name, mimeType, ...unknown } = file;
  // Some write the member that they do not mean as null.
  const isInline = bytes !== undefined && bytes !== null;
  if (!isInline && (uri === undefined || uri === null)) throw invalidParams("A file part needs `bytes` or `uri`");
  return without({
    ...(isInline ? { raw: bytes } : { url: uri }),
    filename: name ?? undefined,
    mediaType: mimeType ?? undefined,
    ...unknown,
    ...rest,
  });
}

function fromData(part: JsonObject): JsonObject {
  const { metadata, data } = part;
  if (!isObject(metadata) || metadata[DATA_FLAG] !== true || !isObject(data) || !("value" in data)) return part;
  const { value: unwrapped } = data;
  const others = without(metadata, DATA_FLAG);
  return { ...without(part, "metadata"), data: unwrapped, ...(Object.keys(others).length > 0 && { metadata: others }) };
}

/** A 1.0 part as 0.3 has it. @throws A2AError InvalidAgentResponse for a part without content */
export function toPartV03(part: unknown): JsonObject {
  if (isObject(part)) {
    const has = (name: string) => part[name] !== undefined && part[name] !== null;
    if (has("text")) return { kind: "text", ...part };
    if (has("raw") || has("url")) return toFile(part);
    if ("data" in part) return toData(part);
  }
  throw new A2AError("InvalidAgentResponse", "A part holds none of text, raw, url and data");
}

function toFile({ raw, url, filename, mediaType, ...rest }: JsonObject): JsonObject {
  const file = without({
    ...(raw === undefined || raw === null ? { uri: url } : { bytes: raw }),
    mimeType: mediaType || undefined,
    name: filename || undefined,
  });
  return { kind: "file", file, ...rest };
}

function toData(part: JsonObject): JsonObject {
  if (isObject(part.data)) return { kind: "data", ...part };
  const metadata = { ...(isObject(part.metadata) && part.metadata), [DATA_FLAG]: true };
  return { kind: "data", ...part, data: { value: part.data }, metadata };
}
