/** The gate: what came, what passed, what went. The logo, and the form of every timing bar. */
export const Glyph = () => (
  <svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true" className="shrink-0">
    <path d="M1 9h4M13 9h4" stroke="currentColor" strokeWidth="2" />
    <path d="M6.5 2v14M11.5 2v14" stroke="currentColor" strokeWidth="1.5" />
    <path d="M7.5 9h3" stroke="var(--accent)" strokeWidth="2" />
  </svg>
);

interface TimingBarProps {
  gatewayMs: number;
  agentMs: number;
  /** What the whole width stands for. */
  ofMs: number;
}

/** How long the gateway and the agent took: the gateway's part in ink, the agent's in accent, on one scale for all rows. */
export function TimingBar({ gatewayMs, agentMs, ofMs }: TimingBarProps) {
  const scale = (ms: number) => (ofMs > 0 ? Math.min(100, (Math.max(0, ms) / ofMs) * 100) : 0);
  const gateway = scale(gatewayMs);
  return (
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" className="h-2 w-full">
      <path d="M0 0v8" stroke="var(--line)" vectorEffect="non-scaling-stroke" />
      <rect x="0" y="2" width={gateway} height="4" fill="var(--ink-2)" />
      <rect x={gateway} y="2" width={Math.min(100 - gateway, scale(agentMs))} height="4" fill="var(--accent)" />
    </svg>
  );
}
