import { styleText } from "node:util";
import { printable } from "./printable.ts";
import { textWidth } from "./text-width.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 120;
/** What is over sooner needs no words. */
const QUIET_MS = 400;
const SHORTEST_LINE = 12;

/**
 * One line that says what is waited for and for how long, until it is taken away. Nothing where nobody looks.
 * @returns takes it away
 */
export function showWaiting(text: string, terminal: NodeJS.WriteStream): () => void {
  if (!terminal.isTTY) return () => {};
  const startedAt = performance.now();
  let frame = 0;
  let isShown = false;
  const timer = setInterval(() => {
    const waited = performance.now() - startedAt;
    if (waited < QUIET_MS) return;
    const line = `${FRAMES[frame++ % FRAMES.length]} ${printable(text)} (${Math.floor(waited / 1000)} s)`;
    const columns = Math.max(SHORTEST_LINE, (terminal.columns || 80) - 1);
    const fitting = textWidth(line) > columns ? `${line.slice(0, columns - 1)}…` : line;
    terminal.write(`\r\u001b[K${styleText("dim", fitting, { stream: terminal })}`);
    isShown = true;
  }, FRAME_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (isShown) terminal.write("\r\u001b[K");
    isShown = false;
  };
}
