export { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } from "../../../.well-known/agent-manifest.json/route";
