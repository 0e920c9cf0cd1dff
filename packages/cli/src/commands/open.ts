import { spawn } from "node:child_process";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineOpen: DefineCommand = (command, cli) =>
  command
    .option("--print", "only print the link, which signs in once and within a minute")
    .addHelpText(
      "after",
      examples(
        ["agentgate open", "the gateway's pages in the browser of this machine, signed in with the key that is used"],
        ["agentgate open --print", "a link for the browser of another one"],
        ["agentgate open --json | jq -r .url", "the same for scripts"],
      ),
    )
    .action(async ({ print }: { print?: boolean }) => {
      const link = await (await cli.client()).createSignInLink();
      const { output } = cli;
      const isShown = print || output.json || !openInBrowser(link.url);
      output.result(link, () => {
        output.line(isShown ? link.url : "Opened in your browser. If nothing came up: agentgate open --print");
        if (isShown) output.note(`signs in whoever opens it, once, within ${link.expires_in} seconds`);
      });
    });

/** Whether there is something on this machine that opens addresses. No shell sees the address. */
function openInBrowser(url: string): boolean {
  if (!/^https?:$/.test(new URL(url).protocol)) return false;
  const { platform, env } = process;
  if (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY) return false;
  const [program, ...before] =
    platform === "darwin"
      ? ["open"]
      : platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler"]
        : ["xdg-open"];
  const child = spawn(program!, [...before, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
  return child.pid !== undefined;
}
