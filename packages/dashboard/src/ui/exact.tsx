import type { ReactNode } from "react";

/** What is shown in short, and exactly when it is pointed at or focused; ears hear it exactly. */
export function Exact({ exactly, children }: { exactly: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the exact value has to be had by keyboard as well
    <span className="exact" tabIndex={0} data-exact={exactly}>
      <span aria-hidden="true">{children}</span>
      <span className="spoken">{exactly}</span>
    </span>
  );
}
