import { setFlagsFromString } from "node:v8";

/**
 * Tells V8 to do without its mid-tier compiler (Maglev). When the first calls come in, all that is warm is compiled by
 * it at once, and for a second that takes 20 MiB of malloc's memory, which glibc never gives back. The optimizing compiler takes over
 * soon after either way.
 *
 * Holds for the whole process.
 */
export function skipMidTierCompiler(): void {
  setFlagsFromString("--no-maglev");
}
