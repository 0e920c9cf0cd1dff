import { Link } from "@tanstack/react-router";
import { en } from "../messages/en.ts";
import { keptSearch } from "./kept-search.ts";
import { type Place, type PlaceGroup, placeGroups } from "./places.ts";

/** All pages, in their groups: beside the content, and on a narrow screen behind More. */
export function Rail({ places, onGo }: { places: readonly Place[]; onGo?: () => void }) {
  return (
    <nav aria-label={en.navigation} className="flex flex-col gap-4">
      {placeGroups.map((group) => {
        const own = places.filter((place) => place.group === group);
        return own.length > 0 && <Group key={group} group={group} places={own} {...(onGo && { onGo })} />;
      })}
    </nav>
  );
}

interface GroupProps {
  group: PlaceGroup;
  places: readonly Place[];
  onGo?: () => void;
}

function Group({ group, places, onGo }: GroupProps) {
  const name = en.groups[group];
  return (
    <div>
      {name !== "" && <p className="px-2 pb-1 text-fine text-ink-3">{name}</p>}
      <ul className="flex flex-col" {...(name !== "" && { "aria-label": name })}>
        {places.map((place) => (
          <li key={place.to}>
            <PlaceLink place={place} {...(onGo && { onGo })} />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface PlaceLinkProps {
  place: Place;
  isInBar?: boolean;
  onGo?: () => void;
}

export function PlaceLink({ place, isInBar = false, onGo }: PlaceLinkProps) {
  const { to, label, icon: Icon, isExact, letter } = place;
  return (
    <Link
      to={to}
      search={keptSearch}
      activeOptions={{ exact: isExact ?? false, includeSearch: false }}
      className={isInBar ? "bar-place" : "place"}
      aria-keyshortcuts={`g ${letter}`}
      onClick={onGo}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
      {label}
    </Link>
  );
}
