export { GET, HEAD, OPTIONS, POST } from "../../../.well-known/agent-manifest.json/route";
