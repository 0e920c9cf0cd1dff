import { expect, test } from "vitest";
import { connectionOf } from "./connection.ts";
import { ProfileStore, type Profiles } from "./profile-store.ts";
import { profilesPath } from "./profiles-path.ts";

const kept: Profiles = {
  current: "home",
  profiles: {
    home: { server: "https://home.example", api_key: "home-key" },
    work: { server: "https://work.example", api_key: "work-key" },
  },
};
const storeOf = (profiles: Profiles) =>
  Object.assign(new ProfileStore("/nowhere"), { read: () => profiles }) as ProfileStore;

test.each([
  [{}, {}, "https://home.example", "home-key", "home"],
  [{ profile: "work" }, {}, "https://work.example", "work-key", "work"],
  [
    { profile: "work" },
    { AGENTGATE_SERVER: "https://e.example", AGENTGATE_API_KEY: "e" },
    "https://work.example",
    "work-key",
    "work",
  ],
  [{}, { AGENTGATE_PROFILE: "work" }, "https://work.example", "work-key", "work"],
  [{}, { AGENTGATE_PROFILE: "work", AGENTGATE_API_KEY: "e" }, "https://work.example", "e", "work"],
  [{}, { AGENTGATE_API_KEY: "e" }, "https://home.example", "e", "home"],
  [{ apiKey: "o" }, { AGENTGATE_API_KEY: "e" }, "https://home.example", "o", "home"],
  // A key of a profile goes to no other server.
  [{ server: "https://other.example" }, {}, "https://other.example", undefined, undefined],
  [{ server: "https://other.example", profile: "work" }, {}, "https://other.example", undefined, undefined],
  [{}, { AGENTGATE_SERVER: "https://other.example" }, "https://other.example", undefined, undefined],
  [{ server: "https://home.example:443/" }, {}, "https://home.example:443/", "home-key", "home"],
  [{ server: "http://home.example" }, {}, "http://home.example", undefined, undefined],
  [{ server: "https://home.example.evil" }, {}, "https://home.example.evil", undefined, undefined],
])("%j with %j", (given, env, server, apiKey, profile) => {
  expect(connectionOf(given, env, storeOf(kept))).toMatchObject({ server, apiKey, profile });
});

test("without a login it is this machine's gateway, and no key", () => {
  const found = connectionOf({}, {}, storeOf({ current: null, profiles: {} }));
  expect(found).toEqual({
    server: "http://127.0.0.1:8000",
    serverFrom: "default",
    apiKey: undefined,
    keyFrom: undefined,
    profile: undefined,
  });
});

test("a profile that is not there is refused, also one that every object has", () => {
  for (const profile of ["wrk", "constructor", "__proto__"]) {
    expect(() => connectionOf({ profile }, {}, storeOf(kept))).toThrow(`There is no profile "${profile}"`);
  }
});

test.each([
  [{ XDG_CONFIG_HOME: "/x", HOME: "/h" }, "linux", "/x/agentgate/profiles.json"],
  [{ HOME: "/h" }, "linux", "/h/.config/agentgate/profiles.json"],
  [{ HOME: "/h" }, "darwin", "/h/.config/agentgate/profiles.json"],
  [{ APPDATA: "/a", HOME: "/h" }, "win32", "/a/agentgate/profiles.json"],
] as const)("profiles of %j on %s are in %s", (env, platform, path) => {
  expect(profilesPath(env, platform)).toBe(path);
});

test("a user without a home has no profiles, and is told what to set to keep one", () => {
  const none = () => {
    throw new Error("A system error occurred: uv_os_homedir returned ENOENT");
  };
  expect(profilesPath({}, "linux", none)).toBe(undefined);
  expect(profilesPath({ XDG_CONFIG_HOME: "/x" }, "linux", none)).toBe("/x/agentgate/profiles.json");
  const store = new ProfileStore(profilesPath({}, "linux", none));
  expect(connectionOf({}, { AGENTGATE_SERVER: "https://e.example" }, store).server).toBe("https://e.example");
  expect(store.isOpenToOthers()).toBe(false);
  expect(() => store.write(kept)).toThrow("This user has no home directory to keep profiles in");
});
