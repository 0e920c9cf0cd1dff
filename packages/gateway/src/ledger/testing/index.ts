export { type Fault, MemoryStore } from "./memory-store.ts";
export { mortal } from "./mortal-store.ts";
export { TroubledClock } from "./troubled-clock.ts";
