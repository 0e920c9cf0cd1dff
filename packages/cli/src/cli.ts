import type { AgentGateClient } from "@agentgate/client";
import { CliError } from "./cli-error.ts";
import type { GlobalOptions } from "./global-options.ts";
import type { Output } from "./output/output.ts";

/** What a command works with. */
export class Cli {
  readonly output: Output;
  #options: GlobalOptions | undefined;

  constructor(output: Output) {
    this.output = output;
  }

  configure(options: GlobalOptions): void {
    this.#options = options;
    this.output.json = options.json;
  }

  get options(): GlobalOptions {
    if (!this.#options) throw new Error("options are known once a command runs");
    return this.#options;
  }

  /** A client of the gateway that was named. @throws {@link CliError} when its address is none */
  async client(): Promise<AgentGateClient> {
    const { server, apiKey } = this.options;
    return clientOf(server, apiKey);
  }
}

/** A client of the gateway at an address. @throws {@link CliError} when it is none */
export async function clientOf(baseUrl: string, apiKey: string | undefined): Promise<AgentGateClient> {
  const { AgentGateClient } = await import("@agentgate/client");
  try {
    return new AgentGateClient({ baseUrl, apiKey });
  } catch {
    throw new CliError("invalid_server", `"${baseUrl}" is not the address of a gateway`, {
      hint: "Write it like http://127.0.0.1:8000, https://gateway.example or gateway.example",
      exitCode: 2,
    });
  }
}
