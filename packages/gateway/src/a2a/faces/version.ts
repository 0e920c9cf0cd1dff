import { A2AError, type A2AVersion, isSupportedVersion, majorMinor } from "@agentgate/protocol/a2a";
import type { FastifyRequest } from "fastify";

/** The version that a request names in its header, or in its query; undefined when it names none. @throws A2AError VersionNotSupported */
export function statedVersion(request: FastifyRequest): A2AVersion | undefined {
  const stated = versionIn(request);
  if (stated === undefined) return undefined;
  const version = majorMinor(stated);
  if (isSupportedVersion(version)) return version;
  throw new A2AError("VersionNotSupported", `A2A version ${version.slice(0, 32)} is not supported; use 1.0 or 0.3`);
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

/** What a request gives for a version, supported or not. */
export function versionIn({ headers, query }: FastifyRequest): string | undefined {
  const stated = first(headers["a2a-version"] || inQuery((query ?? {}) as Record<string, unknown>));
  return typeof stated === "string" && stated.trim() !== "" ? stated : undefined;
}

/** A query's names are compared as a header's are. */
function inQuery(query: Record<string, unknown>): unknown {
  for (const name in query) if (name.toLowerCase() === "a2a-version") return query[name];
  return undefined;
}

/** The extensions that a request asks for, under either of the header's names. */
export function statedExtensions({ headers }: FastifyRequest): string | undefined {
  const [named, formerly] = [headers["a2a-extensions"], headers["x-a2a-extensions"]];
  if (!named && !formerly) return undefined;
  return [named, formerly].flat().filter(Boolean).join(", ");
}
