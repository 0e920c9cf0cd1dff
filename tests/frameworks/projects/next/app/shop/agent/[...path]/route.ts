export { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } from "../../../agent/[...path]/route";
