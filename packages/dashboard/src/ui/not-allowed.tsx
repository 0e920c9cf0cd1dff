import { Link } from "@tanstack/react-router";
import { en } from "../messages/en.ts";

/** Instead of what the key may not do: who may. */
export const NotAllowed = ({ what, scope }: { what: string; scope: string }) => (
  <p className="border-line border-l-2 pl-3 text-ink-2">
    {en.notAllowed(what)} <code>{scope}</code>.{" "}
    <Link to="/dashboard/settings" search={{ tab: "keys" }}>
      {en.toKeys}
    </Link>
  </p>
);
