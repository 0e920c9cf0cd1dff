// One gateway node of the two-process test: takes as often as it can for a while and prints how much it was granted.
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../runtime/index.ts";
import { RedisRateLimiter } from "../redis-rate-limiter.ts";

const [url = "", key = "", rate, burst, forMs] = process.argv.slice(2);
const limit = { rate: Number(rate), burst: Number(burst) };
const limiter = new RedisRateLimiter({ url, clock: systemClock, timeoutMs: 90_000 });
while (!limiter.shared) await sleep(5);

process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));

let admitted = 0;
let asked = 0;
const end = performance.now() + Number(forMs);
for (let round = 0; round < 50 || performance.now() < end; round += 1) {
  const decisions = await Promise.all(Array.from({ length: 20 }, async () => limiter.take(key, limit)));
  asked += decisions.length;
  admitted += decisions.filter(({ allowed }) => allowed).length;
  await sleep(1);
}
process.stdout.write(`${JSON.stringify({ admitted, asked, shared: limiter.shared })}\n`);
process.exit(0);
