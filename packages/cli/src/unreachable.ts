import type { GatewayError } from "@agentgate/client";

/** Why a gateway does not answer, in a line, and what to do about it. */
export function explainUnreachable({ code, message }: GatewayError): { message: string; advice: string } {
  const server = /https?:\/\/[^\s:]+(?::\d+)?/.exec(message)?.[0] ?? "The gateway";
  // Three lines of OpenSSL, which say that no TLS was spoken.
  if (/wrong version number|packet length|SSL routines/i.test(message)) {
    return { message: `${server} does not speak TLS`, advice: "Write http:// in place of https://" };
  }
  if (/certificate|altnames/i.test(message)) {
    return { message, advice: "Its certificate is not trusted here: set NODE_EXTRA_CA_CERTS to that of its issuer" };
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return { message, advice: "Is its name right, and this machine online?" };
  if (code === "redirected" || code === "invalid_response") {
    return { message, advice: "Check --server, AGENTGATE_SERVER and the profile (agentgate whoami)" };
  }
  return {
    message,
    advice:
      "Is the gateway running? Start one with `agentgate serve`, or name another with --server or AGENTGATE_SERVER",
  };
}
