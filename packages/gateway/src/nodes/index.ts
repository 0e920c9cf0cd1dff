export { openNodes } from "./room.ts";
