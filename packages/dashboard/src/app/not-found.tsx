import { Link } from "@tanstack/react-router";
import { en } from "../messages/en.ts";
import { Page } from "../ui/page.tsx";

/** For an address that no page has. */
export function NotFound() {
  return (
    <Page title={en.notHere}>
      <p className="pb-3 text-ink-2">{en.notHereWhy}</p>
      <Link to="/dashboard">{en.pages.overview}</Link>
    </Page>
  );
}
