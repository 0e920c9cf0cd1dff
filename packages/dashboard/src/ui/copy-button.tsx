import { useEffect, useState } from "react";
import { en } from "../messages/en.ts";

const SAID_MS = 2_000;

export function CopyButton({ text, label = en.copy }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <button type="button" className="button shrink-0 whitespace-nowrap" onClick={copy}>
      <span aria-live="polite">{isCopied ? en.copied : label}</span>
    </button>
  );
}
