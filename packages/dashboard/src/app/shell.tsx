import { en } from "../messages/en.ts";
import { toAdmin } from "./admin-places.ts";
import { places as ownPlaces, type Place } from "./places.ts";
import { ShellFrame } from "./shell-frame.tsx";
import { SignedIn } from "./signed-in.tsx";

/** What stands around an organization's pages. */
export function Shell() {
  return (
    <SignedIn>
      {({ kind, org_name }) => {
        const places: readonly Place[] = kind === "admin" ? [...ownPlaces, toAdmin] : ownPlaces;
        return <ShellFrame places={places} whose={org_name ?? en.admin} />;
      }}
    </SignedIn>
  );
}
