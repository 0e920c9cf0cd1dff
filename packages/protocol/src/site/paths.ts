/** Where every site serves its manifest, relative to its base URL. */
export const manifestPath = "/.well-known/agent-manifest.json";

const segment = encodeURIComponent;
const flowPath = (flow: string) => `/agent/flows/${segment(flow)}`;

// Each path stands by itself, so that a bundle holds only those it uses.

export const intentPath = (intent: string) => `/agent/intents/${segment(intent)}`;

export const startPath = (flow: string) => `${flowPath(flow)}/start`;

/** A server-orchestrated step; needs `X-Session-ID`. */
export const serverStepPath = (flow: string, step: string) => `${flowPath(flow)}/step/${segment(step)}`;

/** A client-orchestrated, stateless step. */
export const clientStepPath = (flow: string, step: string) => `${flowPath(flow)}/steps/${segment(step)}`;

export const sessionPath = (flow: string, sessionId: string) => `${flowPath(flow)}/session/${segment(sessionId)}`;

/** The paths of the site protocol. Names and ids are percent-encoded. */
export const sitePath = {
  manifest: () => manifestPath,
  intent: intentPath,
  start: startPath,
  serverStep: serverStepPath,
  clientStep: clientStepPath,
  session: sessionPath,
} as const;
