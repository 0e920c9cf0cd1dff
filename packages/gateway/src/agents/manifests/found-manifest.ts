import { AgentGateError, readManifest, siteBase } from "@agentgate/client";
import { listTools, type Manifest, type Tool } from "@agentgate/protocol/site";
import { exceededBound, hashKey } from "../../runtime/index.ts";
import { withRootDefinitions } from "./root-definitions.ts";
import { tidied } from "./tidy-manifest.ts";

/** A site's manifest as it was served. */
export interface FoundManifest {
  /** Where the site is, as its manifest is found below it: without a slash at the end. */
  url: string;
  /** The text as served. */
  original: string;
  /** Hexadecimal SHA-256 of that. */
  digest: string;
  etag: string | undefined;
  manifest: Manifest;
  tools: readonly Tool[];
}

/** A manifest that cannot be used, in words for whoever registers the site. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

export const MANIFEST_BYTES_MAX = 1_048_576;
/** A manifest is built whole, and many small parts take a hundred times their text. */
const BOUNDS = { depth: 64, elements: 50_000 };
/** Calls that a site can offer through the gateway. */
export const SITE_TOOLS_MAX = 512;
/** They become segments of paths, names of tools and keys. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** Where a site's paths begin, from whatever address of it was given. @throws ManifestError */
export function baseOf(url: string): URL {
  try {
    // Which addresses may be called the dialer says.
    return siteBase(url, true);
  } catch {
    throw new ManifestError(`${url} is not the address of a site`);
  }
}

/**
 * A manifest by its text, wherever that comes from. Nothing in it leads off the site that it was found on.
 *
 * @throws ManifestError when it is none, too large, or of another site
 */
export function readFoundManifest(served: string, at: URL, etag: string | undefined): FoundManifest {
  const text = served.replace(/^\uFEFF/, "");
  if (Buffer.byteLength(text) > MANIFEST_BYTES_MAX)
    throw new ManifestError(`The manifest has more than ${MANIFEST_BYTES_MAX} bytes`);
  const exceeded = exceededBound(text, BOUNDS);
  if (exceeded)
    throw new ManifestError(`The manifest has ${exceeded === "depth" ? "too many levels" : "too many parts"}`);
  const json = parse(text);
  const base = siteOf(json, at);
  const manifest = checked(json, base);
  const tools = toolsOf(manifest);
  return {
    url: base.href.replace(/\/$/, ""),
    original: text,
    digest: hashKey(text),
    etag,
    manifest,
    tools,
  };
}

/** The calls that it offers. @throws ManifestError for names that no tool can have */
export function toolsOf(manifest: Manifest): readonly Tool[] {
  const { intents, flows } = manifest;
  for (const { name } of [...intents, ...flows, ...flows.flatMap(({ steps }) => steps)]) {
    if (!NAME.test(name))
      throw new ManifestError(
        `${JSON.stringify(name.slice(0, 80))} cannot be the name of an intent, flow or step here`,
      );
  }
  try {
    const tools = listTools(manifest);
    if (tools.length > SITE_TOOLS_MAX) throw new Error(`It offers more than ${SITE_TOOLS_MAX} calls`);
    return tools.map((tool) => ({
      ...tool,
      inputSchema: withRootDefinitions(tool.inputSchema),
      outputSchema: withRootDefinitions(tool.outputSchema),
    }));
  } catch (error) {
    throw new ManifestError((error as Error).message);
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "agent_api_version" in value) return value as never;
  } catch {}
  throw new ManifestError("What is served there is no manifest: the site does not support agents");
}

/** Where the site's paths begin: at the manifest's `base_url`, which must be on the site that was asked. */
function siteOf({ base_url: declared }: Record<string, unknown>, at: URL): URL {
  if (typeof declared !== "string" || declared === "") return at;
  const base = URL.canParse(declared) ? baseOf(declared) : undefined;
  if (base?.origin === at.origin) return base;
  throw new ManifestError(
    `Its manifest says that the site is at ${declared.slice(0, 200)}, not at ${at.origin}: register it there, or have its base_url say where it is`,
  );
}

function checked(json: Record<string, unknown>, base: URL): Manifest {
  try {
    return tidied(readManifest(json, base));
  } catch (error) {
    if (AgentGateError.isInstance(error)) throw new ManifestError(error.message);
    throw error;
  }
}
