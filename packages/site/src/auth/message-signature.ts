/** One signature of a request (RFC 9421), parsed but not verified. */
export interface MessageSignature {
  readonly label: string;
  /** Covered components in order, as they stand in the signature input: `"@authority"`, `"signature-agent";key="a"`. */
  readonly components: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** `@signature-params`, letter by letter. */
  readonly signatureParams: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** What a signature base is made of. */
export interface SignedRequest {
  readonly authority: string;
  readonly method: string;
  readonly path: string;
  /** @param name in lower case */
  header(name: string): string | undefined;
}

const headerCharactersMax = 8192;
const member =
  /([a-z*][a-z0-9_.*-]*)=(\(([^()]*)\)((?:;[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[^"\\]|\\["\\])*"|[\w.+/=-]+))?)*))/g;
const parameter = /;([a-z*][a-z0-9_.*-]*)(?:=(?:"((?:[^"\\]|\\["\\])*)"|([\w.+/=-]+)))?/g;
const component = /"([^"]+)"(?:;[a-z]+(?:="[^"]*")?)*/g;

/** The signature whose `tag` parameter is the given one; `undefined` when there is none, or the headers make no sense. */
export function findSignature(request: SignedRequest, tag: string): MessageSignature | undefined {
  const input = request.header("signature-input") ?? "";
  const signatures = request.header("signature") ?? "";
  if (input.length > headerCharactersMax || signatures.length > headerCharactersMax) return undefined;
  for (const [, label = "", signatureParams = "", list = "", tail = ""] of input.matchAll(member)) {
    const parameters = Object.fromEntries(
      [...tail.matchAll(parameter)].map(([, name = "", quoted, bare]) => [
        name,
        quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "",
      ]),
    );
    const signature = parameters.tag === tag ? signatureOf(signatures, label) : undefined;
    if (!signature) continue;
    const components = [...list.matchAll(component)].map(([whole]) => whole);
    return { label, components, parameters, signatureParams, signature };
  }
  return undefined;
}

/** The text that was signed (RFC 9421 §2.5); `undefined` when a component is missing from the request or not supported. */
export function signatureBase(
  { components, signatureParams }: MessageSignature,
  request: SignedRequest,
): string | undefined {
  const lines: string[] = [];
  for (const identifier of components) {
    const value = componentValue(identifier, request);
    if (value === undefined || lines.some((line) => line.startsWith(`${identifier}: `))) return undefined;
    lines.push(`${identifier}: ${value}`);
  }
  return [...lines, `"@signature-params": ${signatureParams}`].join("\n");
}

function componentValue(identifier: string, request: SignedRequest): string | undefined {
  const [, name = "", key, others] = /^"([^"]+)"(?:;key="([^"]*)")?(.*)$/.exec(identifier) ?? [];
  if (others) return undefined;
  if (name.startsWith("@")) {
    const derived: Record<string, string> = {
      "@authority": request.authority,
      "@method": request.method,
      "@path": request.path,
    };
    return key === undefined ? derived[name] : undefined;
  }
  const value = request.header(name)?.trim();
  return key === undefined ? value : value && dictionaryMember(value, key);
}

/** The serialized value of one member of a dictionary field (RFC 9421 §2.1.2); strings only. */
export function dictionaryMember(field: string, key: string): string | undefined {
  for (const [, name, value] of field.matchAll(
    /(?:^|,)\s*([a-z*][a-z0-9_.*-]*)=("(?:[^"\\]|\\["\\])*")(?=\s*(?:,|$))/g,
  )) {
    if (name === key) return value;
  }
  return undefined;
}

function signatureOf(field: string, label: string): Uint8Array<ArrayBuffer> | undefined {
  for (const [, name, base64 = ""] of field.matchAll(/(?:^|,)\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):/g)) {
    if (name === label) return decodeBase64(base64);
  }
  return undefined;
}

function decodeBase64(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
