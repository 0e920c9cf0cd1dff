import { shortText } from "@agentgate/protocol/format";
import { useEffect, useRef } from "react";
import { en } from "../../../messages/en.ts";
import { Command } from "../../../ui/command.tsx";

const said = en.settings;
const NAME_MAX = 60;

/** A key as it is shown once. */
export interface TextOfKey {
  name: string;
  text: string;
}

/** A key that was just made: this once. It stays until somebody says that he has it. */
export function ShownKey({ shown: { name, text }, onKept }: { shown: TextOfKey; onKept(): void }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return (
    <section
      ref={ref}
      tabIndex={-1}
      aria-label={said.shown(shortText(name, NAME_MAX))}
      className="flex flex-col gap-3 border border-accent bg-accent-wash p-4 outline-none"
    >
      <p role="status" className="font-strong">
        {said.shown(shortText(name, NAME_MAX))}
      </p>
      <Command>{text}</Command>
      <p>{said.tryIt}</p>
      <Command>{`curl -s ${location.origin}/me -H 'authorization: Bearer ${text}'`}</Command>
      <div>
        <button type="button" className="button button-primary" onClick={onKept}>
          {said.kept}
        </button>
      </div>
    </section>
  );
}
