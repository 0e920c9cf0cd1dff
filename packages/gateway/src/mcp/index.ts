export { type McpRoom, type McpRoomOptions, openMcp } from "./room.ts";
