import type { BenchCase } from "../harness/case.ts";
import { a2aTask } from "./a2a-task.ts";
import { directory } from "./directory.ts";
import { freeTask } from "./free-task.ts";
import { latency } from "./latency.ts";
import { ledger } from "./ledger.ts";
import { mcp } from "./mcp.ts";
import { memory } from "./memory.ts";
import { pages } from "./pages.ts";
import { paidTask } from "./paid-task.ts";
import { records } from "./records.ts";
import { regression } from "./regression.ts";
import { siteFaces } from "./site-faces.ts";
import { startup } from "./startup.ts";
import { streams } from "./streams.ts";
import { tracing } from "./tracing.ts";

/** Every case, in the order in which they run. */
export const cases: readonly BenchCase[] = [
  freeTask,
  paidTask,
  a2aTask,
  mcp,
  streams,
  ledger,
  latency,
  startup,
  memory,
  directory,
  pages,
  siteFaces,
  records,
  regression,
  tracing,
];
