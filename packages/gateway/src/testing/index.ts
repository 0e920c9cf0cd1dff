export { type Entrance, entrancesOf } from "./router.ts";
export { type ServedNode, serveNode } from "./served-node.ts";
export { SkippableClock } from "./skippable-clock.ts";
export { type Answer, echo, type ReceivedTask, startAgent, type TestAgent } from "./test-agent.ts";
export { ADMIN_KEY, startTestGateway, type TestGateway, textTask } from "./test-gateway.ts";
