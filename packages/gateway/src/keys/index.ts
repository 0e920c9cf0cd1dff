export { budgetName, budgetWindow } from "./budget-window.ts";
export { KeyRegistry } from "./registry.ts";
export { type KeysRoom, openKeys } from "./room.ts";
export { KEYS_TOPIC } from "./store.ts";
