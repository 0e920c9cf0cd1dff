export { type DeployFields, DeploymentCalls } from "./deployments.ts";
