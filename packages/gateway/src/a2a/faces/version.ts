import { A2AError, type A2AVersion, isSupportedVersion, majorMinor } from "@agentgate/protocol/a2a";
import type { FastifyRequest } from "fastify";

/** The version that a request names in its header, or in its query; undefined when it names none. @throws A2AError VersionNotSupported */
export function statedVersion({ headers, query }: FastifyRequest): A2AVersion | undefined {
  const stated = [headers["a2a-version"] || inQuery((query ?? {}) as Record<string, unknown>)].flat()[0];
  if (typeof stated !== "string" || stated.trim() === "") return undefined;
  const version = majorMinor(stated);
  if (isSupportedVersion(version)) return version;
  throw new A2AError("VersionNotSupported", `A2A version ${version.slice(0, 32)} is not supported; use 1.0 or 0.3`);
}

/** A query's names are compared as a header's are. */
const inQuery = (query: Record<string, unknown>): unknown =>
  Object.entries(query).find(([name]) => name.toLowerCase() === "a2a-version")?.[1];

/** The extensions that a request asks for, under either of the header's names. */
export function statedExtensions({ headers }: FastifyRequest): string | undefined {
  const given = [headers["a2a-extensions"], headers["x-a2a-extensions"]].flat().filter(Boolean);
  return given.length ? given.join(", ") : undefined;
}
