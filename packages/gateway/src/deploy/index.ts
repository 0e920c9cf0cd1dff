export { type DeployRoom, openDeploy } from "./room.ts";
export { sealedDeploymentSecrets } from "./secrets.ts";
