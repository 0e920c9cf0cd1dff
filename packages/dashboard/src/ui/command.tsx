import { CopyButton } from "./copy-button.tsx";

/** Something to paste into a terminal. */
export const Command = ({ children }: { children: string }) => (
  <div className="flex items-start gap-3 border border-line bg-sunken p-3">
    <pre className="min-w-0 grow overflow-x-auto whitespace-pre-wrap">
      <code>{children}</code>
    </pre>
    <div className="shrink-0">
      <CopyButton text={children} />
    </div>
  </div>
);
