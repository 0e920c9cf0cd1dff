import type { ReactNode } from "react";
import { Command } from "./command.tsx";

/** A list without rows: one sentence, and the command that fills it. */
export const Empty = ({ children, command }: { children: ReactNode; command?: string }) => (
  <div className="flex flex-col gap-3">
    <p className="text-ink-2">{children}</p>
    {command !== undefined && <Command>{command}</Command>}
  </div>
);
