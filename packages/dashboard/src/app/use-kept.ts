import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PlainSearch } from "./plain-search.ts";

/** What somebody is writing, kept in the address: it outlasts a session that ends, and a page that is loaded anew. Never for secrets. */
export function useKept(name: string, initial = ""): [string, (text: string) => void] {
  const search = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const [text, setText] = useState(search[name] ?? initial);
  const set = (next: string) => {
    setText(next);
    void navigate({
      to: ".",
      search: (now: PlainSearch) => ({ ...now, [name]: next === initial ? undefined : next }),
      replace: true,
    });
  };
  return [text, set];
}
