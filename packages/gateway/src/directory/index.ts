export { type DirectoryRoom, openDirectory } from "./room.ts";
