import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where profiles are kept: `$XDG_CONFIG_HOME/agentgate`, else `~/.config/agentgate` (XDG Base Directory), `%APPDATA%\agentgate` on Windows. */
export function profilesPath(env: Environment = process.env, platform = process.platform): string {
  const own = platform === "win32" ? env.APPDATA : env.XDG_CONFIG_HOME;
  return join(own || join(env.HOME || homedir(), ".config"), "agentgate", "profiles.json");
}
