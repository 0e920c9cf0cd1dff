import { afterAll, beforeAll, describe } from "vitest";
import { describeFace, type Face } from "../../../packages/site/src/faces/face.suite.ts";
import { createMsMax, type Environment, FrameworkProject } from "./framework-project.ts";

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
    }, createMsMax);
    afterAll(() => project?.remove());

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
