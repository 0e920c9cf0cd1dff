import { findProgram } from "./find-program.ts";

/** The system's Chromium, for playwright-core's `executablePath`. */
export const chromiumPath = (): string | undefined =>
  findProgram("chromium") ?? findProgram("chromium-browser") ?? findProgram("google-chrome");
