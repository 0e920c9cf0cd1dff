export type { ChainFields, ChainStepFields, NewChain } from "./chain-fields.ts";
export type { ChainEvent, ChainStepBegun } from "./chain-stream.ts";
export { ChainCalls, type RunOptions } from "./chains.ts";
