/** A long text as it is, that scrolls by itself. What others wrote comes here with what hides in it made visible. */
export const TextBlock = ({ children }: { children: string }) => (
  <pre
    className="max-h-96 min-w-0 overflow-auto whitespace-pre-wrap border border-line bg-sunken p-3"
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    tabIndex={0}
  >
    {children}
  </pre>
);
