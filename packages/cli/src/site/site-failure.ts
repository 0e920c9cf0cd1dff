import { type AgentGateError, SiteError, StepTransitionError } from "@agentgate/client";

export interface SiteFailure {
  code: string;
  message: string;
  hint: string | undefined;
  status: number | undefined;
  exitCode: 1 | 2;
}

/** Puts what went wrong with a site into words that help. */
export function describeSiteFailure(error: AgentGateError): SiteFailure {
  const { code, message, status } = error;
  const issues = SiteError.isInstance(error) ? error.issues : [];
  // Most sites say the first of them in their message.
  const others = issues.filter(({ path, message: said }) => !(message.includes(said) && message.includes(path)));
  const lines = others.map((issue) => `${issue.path.slice(1) || "input"}: ${issue.message}`);
  return {
    code,
    message: [message, ...lines].join("\n"),
    status,
    hint: hintFor(error),
    exitCode: code === "url_refused" ? 2 : 1,
  };
}

function hintFor(error: AgentGateError): string | undefined {
  if (StepTransitionError.isInstance(error)) {
    return error.allowed.length > 0 ? `Allowed now: ${error.allowed.join(", ")}` : "The flow is complete";
  }
  const retryAfter = SiteError.isInstance(error) ? error.retryAfterSeconds : undefined;
  switch (error.code) {
    case "manifest_not_found":
      return "A site that agents can use serves /.well-known/agent-manifest.json";
    case "unauthorized":
      return "Give the site's key: --api-key KEY, or AGENTGATE_SITE_KEY";
    case "url_refused":
      return "Use https://, or --allow-http for a machine you trust";
    case "redirect_refused":
      return "Use the address it redirects to, if you trust it";
    case "network_error":
    case "timeout":
      return "Is the site running, and is its address right?";
    case "rate_limited":
      return `Wait ${retryAfter ?? 1} s and try again`;
    default:
      return undefined;
  }
}
