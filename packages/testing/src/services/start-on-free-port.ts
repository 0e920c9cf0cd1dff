import { freePort } from "./free-port.ts";

/** Another program of the machine may take a free port at the very moment it is chosen: then the next one is tried. */
export async function startOnFreePort<Service>(start: (port: number) => Promise<Service>): Promise<Service> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
