export { openWeb, type WebRoom } from "./room.ts";
