/** Where every site serves its manifest, relative to its base URL. */
export const manifestPath = "/.well-known/agent-manifest.json";

const segment = encodeURIComponent;

/** The paths of the site protocol. Names and ids are percent-encoded. */
export const sitePath = {
  manifest: () => manifestPath,
  intent: (intent: string) => `/agent/intents/${segment(intent)}`,
  start: (flow: string) => `/agent/flows/${segment(flow)}/start`,
  /** A server-orchestrated step; needs `X-Session-ID`. */
  serverStep: (flow: string, step: string) => `/agent/flows/${segment(flow)}/step/${segment(step)}`,
  /** A client-orchestrated, stateless step. */
  clientStep: (flow: string, step: string) => `/agent/flows/${segment(flow)}/steps/${segment(step)}`,
  session: (flow: string, sessionId: string) => `/agent/flows/${segment(flow)}/session/${segment(sessionId)}`,
} as const;
