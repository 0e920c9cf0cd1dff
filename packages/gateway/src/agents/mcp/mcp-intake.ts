import type { SkillWords } from "@agentgate/protocol";
import { Problem } from "../../http/index.ts";
import {
  type ListedTool,
  type McpServers,
  ProbeError,
  type ProbeFailure,
  ServerError,
  ServerFault,
  type ServerPlace,
  type ServerSpeech,
  ServerStatusError,
  type ServerVerdict,
  type ToolList,
  unsupportedTransport,
} from "../../mcp-servers/index.ts";
import { OutboundError } from "../../outbound/index.ts";

/** A server as it was found. */
export interface FoundServer {
  verdict: ServerVerdict;
  list: ToolList;
}

const STATUS: Record<ProbeFailure, number> = {
  credentials_required: 422,
  transport_unsupported: 422,
  not_mcp: 422,
  unreachable: 424,
};
const CODE: Record<ProbeFailure, string> = {
  credentials_required: "credentials_required",
  transport_unsupported: "transport_unsupported",
  not_mcp: "not_an_mcp_server",
  unreachable: "server_unreachable",
};

/** @throws Problem 422 for what is started by a command, or reached in another way than over HTTP */
export function demandHttp(url: string): void {
  if (!/^https?:\/\//i.test(url)) throw problemOf(url, unsupportedTransport("is no HTTP address"));
}

/** Looks at a server: how it is spoken to, and its tools. @throws Problem 422, 424 */
export async function lookAtServer(
  servers: Pick<McpServers, "probe" | "tools">,
  place: ServerPlace,
  include: readonly string[] | undefined,
): Promise<FoundServer> {
  try {
    const verdict = await servers.probe(place);
    return { verdict, list: await toolsOf(servers, place, verdict.speech, include) };
  } catch (error) {
    throw error instanceof ProbeError ? problemOf(place.url, error) : error;
  }
}

/** For each question of a guess. */
const GUESS_MS = 3_000;

/** Whether an MCP server lives there that answers whoever asks, and how it is spoken to. */
export async function guessServer(
  servers: Pick<McpServers, "probe">,
  place: ServerPlace,
): Promise<ServerVerdict | undefined> {
  try {
    return await servers.probe(place, GUESS_MS);
  } catch (error) {
    if (error instanceof ProbeError) return undefined;
    throw error;
  }
}

/** Its tools as they are now. @throws ProbeError */
export async function toolsOf(
  servers: Pick<McpServers, "tools">,
  place: ServerPlace,
  speech: ServerSpeech,
  include: readonly string[] | undefined,
): Promise<ToolList> {
  try {
    return await servers.tools(place, speech, include);
  } catch (error) {
    throw asProbeError(error);
  }
}

function asProbeError(error: unknown): unknown {
  if (error instanceof ServerError || error instanceof ServerStatusError) {
    const { status } = error;
    if (status === 401 || status === 403) {
      return new ProbeError(
        "credentials_required",
        `asks who lists its tools (HTTP ${status}): give \`credential\``,
        error,
      );
    }
    return new ProbeError("unreachable", `did not list its tools: ${error.message.slice(0, 200)}`, error);
  }
  if (error instanceof ServerFault) return new ProbeError("not_mcp", `did not list its tools: ${error.message}`, error);
  if (OutboundError.isInstance(error))
    return new ProbeError("unreachable", `did not list its tools: ${error.message}`, error);
  return error;
}

export function problemOf(url: string, { failure, message }: ProbeError): Problem {
  return new Problem(STATUS[failure], `The MCP server at ${url} ${message}`, { code: CODE[failure] });
}

const TITLE_MAX = 255;

/** A tool as a skill. What databases do not take of its texts is left out. */
export function skillOfTool({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
}: ListedTool): SkillWords {
  return {
    id: name,
    title: title === undefined ? null : storable(title).slice(0, TITLE_MAX).toWellFormed(),
    description: storable(description ?? ""),
    inputSchema,
    outputSchema: outputSchema ?? null,
    annotations: annotations ?? null,
  };
}

const storable = (text: string): string => text.replaceAll("\0", "").toWellFormed();
