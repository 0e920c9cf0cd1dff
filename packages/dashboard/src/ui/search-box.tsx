import { useEffect, useRef, useState } from "react";
import { useSettled } from "../app/use-settled.ts";

const SETTLED_MS = 200;

interface SearchBoxProps {
  label: string;
  /** What the address says. */
  value: string | undefined;
  /** What was typed, as soon as no more is. */
  onSettled(text: string): void;
}

/** A box whose text goes into the address when it is typed, and comes from there when that says otherwise. */
export function SearchBox({ label, value = "", onSettled }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const settled = useSettled(text, SETTLED_MS);
  const sent = useRef(value);
  const send = useRef(onSettled);
  send.current = onSettled;
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (settled === sent.current) return;
    sent.current = settled;
    send.current(settled);
  }, [settled]);
  return (
    <search className="grow wide:w-80">
      <label>
        <span className="spoken">{label}</span>
        <input
          type="search"
          className="field"
          placeholder={label}
          value={text}
          onChange={({ target }) => setText(target.value)}
          spellCheck={false}
        />
      </label>
    </search>
  );
}
