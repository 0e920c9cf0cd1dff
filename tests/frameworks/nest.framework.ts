import { describeFramework } from "./testing/describe-framework.ts";

describeFramework("nest", [
  { name: "NestJS 11 on Express", parsesBodies: true },
  { name: "NestJS 11 on Express without body parser", environment: { BODY_PARSER: "off" } },
  { name: "NestJS 11 on Fastify", environment: { PLATFORM: "fastify" } },
]);
