import { serveAgent } from "../shared/serve-agent.ts";
import { evaluate } from "./arithmetic.ts";

serveAgent("calc-agent", (text) => `${evaluate(text)}`);
