import { describeFramework } from "./testing/describe-framework.ts";

describeFramework("hono", [
  { name: "Hono on Node" },
  { name: "Hono on Node after a body reader", environment: { BODY_READER: "on" }, parsesBodies: true },
]);
