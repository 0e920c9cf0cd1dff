import { CopyButton } from "./copy-button.tsx";

/** What is shown this once, and never again. */
export const SecretOnce = ({ label, secret, children }: { label: string; secret: string; children: string }) => (
  <div className="grid gap-2 border-warn border-l-2 bg-warn-wash px-4 py-3">
    <p className="font-strong">{label}</p>
    <p className="flex flex-wrap items-center gap-3">
      <code className="min-w-0">{secret}</code>
      <CopyButton text={secret} />
    </p>
    <p>{children}</p>
  </div>
);
