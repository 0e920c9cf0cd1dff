export { type ChainsRoom, openChains } from "./room.ts";
export { sealedChainKeys } from "./store.ts";
