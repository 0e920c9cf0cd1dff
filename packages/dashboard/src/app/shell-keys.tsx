import { useNavigate, useRouter } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { en } from "../messages/en.ts";
import { keptSearch } from "./kept-search.ts";
import { goToRow } from "./keys/row-keys.ts";
import { useKeyListener, useKeys } from "./keys/use-keys.ts";
import { late } from "./late.ts";
import { movingLink } from "./link-to-here.ts";
import { notify } from "./notice.tsx";
import type { Place } from "./places.ts";
import { usePreferences } from "./preferences.ts";

const Palette = late(() => import("./palette/palette.tsx"), "Palette");
const KeysHelp = late(() => import("./keys/keys-help.tsx"), "KeysHelp");
const said = en.keys;

/** The box that searches on this page, where there is one. */
const searchBox = () => document.querySelector<HTMLInputElement>("main input[type=search]");

/** Keys that work on every page, and what they open. */
export function ShellKeys({ places }: { places: readonly Place[] }) {
  const navigate = useNavigate();
  const router = useRouter();
  const { zone } = usePreferences();
  const [opened, setOpened] = useState<"palette" | "help">();
  const close = () => setOpened(undefined);
  useKeyListener();
  useKeys(
    [
      { keys: "Ctrl K", does: said.palette, run: () => setOpened("palette") },
      { keys: "/", does: said.search, run: () => searchBox()?.focus() ?? setOpened("palette") },
      { keys: "j", does: said.down, run: () => goToRow(1) },
      { keys: "k", does: said.up, run: () => goToRow(-1) },
      {
        keys: "c",
        does: en.link.copyThis,
        run: () =>
          void navigator.clipboard.writeText(movingLink(location.href, zone)).then(() => notify(en.link.copied)),
      },
      { keys: "?", does: said.help, run: () => setOpened("help") },
      ...places.map(({ to, label, letter }) => ({
        keys: `g ${letter}`,
        does: label,
        run: () => void navigate({ to, search: keptSearch(router.latestLocation.search) }),
      })),
    ],
    "everywhere",
  );
  return (
    <Suspense fallback={null}>
      {opened === "palette" && <Palette places={places} isOpen onClose={close} />}
      {opened === "help" && <KeysHelp isOpen onClose={close} />}
    </Suspense>
  );
}
