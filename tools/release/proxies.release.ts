// Caddy, which few machines have, in front of a gateway as docs/reverse-proxy.md says. (nginx is a part of npm test, where it is installed.)
import { describe } from "vitest";
import { describeProxy } from "../../tests/guide/reverse-proxy.suite.ts";
import { goProgram, isInstalled } from "./testing/toolchain.ts";

describe("caddy", () => {
  describeProxy("caddy", async () =>
    isInstalled("go", "version") ? goProgram("github.com/caddyserver/caddy/v2/cmd/caddy", "v2.11.9") : undefined,
  );
});
