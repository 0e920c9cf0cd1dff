import { createServer } from "node:net";
import type { AgentFile } from "../agent-file/agent-file.ts";

/** Where an agent runs while it is worked on. */
export interface LocalAddress {
  port: number;
  origin: string;
}

const isLocal = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);

/** Whether an agent that was registered before lives on this machine. */
export const isLocalUrl = (url: string): boolean => URL.canParse(url) && isLocal(new URL(url));

/** The address of the file where that is on this machine, else a port that is free. */
export async function localAddressOf({ url, cardPlace }: AgentFile): Promise<LocalAddress> {
  const said = [url, cardPlace].find((one) => one !== undefined && URL.canParse(one) && isLocal(new URL(one)));
  if (said !== undefined && new URL(said).port !== "") {
    const { port, origin } = new URL(said);
    return { port: Number(port), origin };
  }
  const port = await freePort();
  return { port, origin: `http://127.0.0.1:${port}` };
}

/** An address of the agent as it is on this machine. */
export function localised(address: string, origin: string): string {
  const { pathname, search } = new URL(address);
  return pathname === "/" && search === "" ? origin : `${origin}${pathname}${search}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Whether anything answers there over HTTP, whatever it says. */
export async function answers(origin: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(origin, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(1_000)]),
    });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
