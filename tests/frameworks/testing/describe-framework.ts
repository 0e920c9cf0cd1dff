import { afterAll, beforeAll, describe } from "vitest";
import { describeFace, type Face } from "../../../packages/site/src/faces/face.suite.ts";
import { type Environment, FrameworkProject } from "./framework-project.ts";

const installMsMax = 600_000;

export interface Variant extends Omit<Face, "start"> {
  /** Of the server. */
  readonly environment?: Environment;
}

/** Runs the suite of all faces against a real framework, then tests of its own. @param folder in `projects` */
export function describeFramework(
  folder: string,
  variants: readonly Variant[],
  more: (project: () => FrameworkProject) => void = () => {},
): void {
  describe(`a project on ${folder}`, () => {
    let project: FrameworkProject;
    beforeAll(async () => {
      project = await FrameworkProject.create(folder);
    }, installMsMax);
    afterAll(() => project?.remove(), installMsMax);

    for (const { environment, ...variant } of variants) {
      const start: Face["start"] = async (site) => {
        const { fetch } = await project.start(site, environment);
        return { fetch, close: async () => {} };
      };
      describe(variant.name, () => {
        afterAll(() => project?.stopServers());
        describeFace({ ...variant, start });
      });
    }
    more(() => project);
  });
}
