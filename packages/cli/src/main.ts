import { run } from "./program.ts";

/** Runs the command that this process was started with. */
export async function main(): Promise<void> {
  // A reader that has seen enough (`agentgate list | head -1`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  process.exitCode = await run(process.argv.slice(2));
}
