import { shortText } from "@agentgate/protocol/format";
import { Dialog as Base } from "@base-ui/react/dialog";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useId, useState } from "react";
import { en } from "../../messages/en.ts";
import { gateway } from "../api.ts";
import { keptSearch } from "../kept-search.ts";
import type { Place } from "../places.ts";
import type { PlainSearch } from "../plain-search.ts";
import { useSettled } from "../use-settled.ts";
import { idsFor, type PaletteEntry, pagesFor } from "./palette-entries.ts";

const said = en.palette;
const AGENTS = 8;
const SETTLED_MS = 120;
const NAME_MAX = 60;

interface PaletteProps {
  places: readonly Place[];
  isOpen: boolean;
  onClose(): void;
}

/** Goes anywhere by its name or id: pages, agents, calls, traces, deliveries. */
export function Palette({ places, isOpen, onClose }: PaletteProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-20 bg-veil" />
        <Base.Popup
          aria-label={said.title}
          className="fixed inset-x-4 top-[10dvh] z-30 mx-auto flex max-h-[80dvh] max-w-xl flex-col rounded-panel border border-edge bg-raised"
        >
          <Finder places={places} onClose={onClose} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function Finder({ places, onClose }: Omit<PaletteProps, "isOpen">) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const agents = useAgents(text);
  const entries = [...pagesFor(text, places), ...idsFor(text), ...agents];
  const chosen = Math.min(at, entries.length - 1);
  const go = (entry: PaletteEntry | undefined) => {
    if (!entry) return;
    onClose();
    void navigate({ to: entry.to, search: (now: PlainSearch) => ({ ...keptSearch(now), ...entry.search }) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") go(entries[chosen]);
    else if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(1, entries.length));
    else if (event.key === "ArrowUp") setAt((chosen + entries.length - 1) % Math.max(1, entries.length));
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        className="field border-0 border-line border-b px-4 py-3 outline-none"
        aria-label={said.title}
        aria-expanded="true"
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={entries.length > 0 ? `${listId}-${chosen}` : undefined}
        placeholder={said.placeholder}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={listId} role="listbox" aria-label={said.found} className="min-h-0 overflow-y-auto py-2">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the box's, which keeps the focus
          <div
            key={entry.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            ref={(element) => {
              if (index === chosen) element?.scrollIntoView({ block: "nearest" });
            }}
            className={`flex min-h-9 cursor-pointer items-baseline gap-3 px-4 py-2 ${index === chosen ? "bg-accent-wash" : ""}`}
            onClick={() => go(entry)}
            onPointerMove={() => setAt(index)}
          >
            <span className="w-28 shrink-0 text-ink-2">{entry.kind}</span>
            <span className="min-w-0">{entry.label}</span>
            {entry.detail && <code className="text-ink-3">{entry.detail}</code>}
          </div>
        ))}
      </div>
      <p role="status" className={entries.length === 0 ? "px-4 pb-4 text-ink-2" : "spoken"}>
        {entries.length === 0 ? said.nothing : said.count(entries.length)}
      </p>
    </>
  );
}

/** Agents that one sees, by what their names, skills or tags have. */
function useAgents(text: string): PaletteEntry[] {
  const q = useSettled(text.trim(), SETTLED_MS);
  const { data } = useQuery({
    queryKey: ["palette", q],
    queryFn: ({ signal }) => gateway.searchAgents({ q, limit: AGENTS, signal }),
    enabled: q !== "" && idsFor(q).length === 0,
    placeholderData: keepPreviousData,
  });
  if (q === "" || !data) return [];
  return data.agents.map(({ id, name, version }) => ({
    id,
    kind: said.agent,
    label: `${shortText(name, NAME_MAX)} ${shortText(version, 20)}`,
    detail: id.slice(0, 8),
    to: `/dashboard/agents/${id}`,
  }));
}
