export { callEntry } from "./call-entry.ts";
