/** What server-orchestrated flows need: loaded by the first call of one, as most sites have intents alone. */
export { runServerStep } from "./server-step.ts";
export { findSession, viewSession } from "./session-life.ts";
export { startFlow } from "./start-flow.ts";
