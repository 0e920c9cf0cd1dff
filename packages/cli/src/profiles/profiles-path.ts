import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where profiles are kept: `$XDG_CONFIG_HOME/agentgate`, else `~/.config/agentgate` (XDG Base Directory), `%APPDATA%\agentgate` on Windows.
 * A user whom the machine does not know, as in a container, has no home, and none.
 */
export function profilesPath(
  env: Environment = process.env,
  platform = process.platform,
  home = homedir,
): string | undefined {
  const own = platform === "win32" ? env.APPDATA : env.XDG_CONFIG_HOME;
  try {
    return join(own || join(env.HOME || home(), ".config"), "agentgate", "profiles.json");
  } catch {
    return undefined;
  }
}
