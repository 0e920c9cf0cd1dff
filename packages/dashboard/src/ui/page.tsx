import type { ReactNode } from "react";

/** A page's head and body. */
export function Page({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <>
      <title>{`${title} · AgentGate`}</title>
      <header className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 pb-6">
        <h1 className="text-title">{title}</h1>
        {actions}
      </header>
      {children}
    </>
  );
}

/** A part of a page, under a hairline. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="min-w-0 border-ink-1 border-t pt-3">
      <div className="flex items-baseline justify-between gap-4 pb-3">
        <h2 className="text-body">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
