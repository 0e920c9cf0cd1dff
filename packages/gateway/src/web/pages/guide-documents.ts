/** The documents as the build of the pages has written them. */
export interface Guide {
  groups: readonly { title: string; slugs: readonly string[] }[];
  pages: Readonly<Record<string, GuidePage>>;
}

export interface GuidePage {
  title: string;
  summary: string;
  /** Markup of our own documents. */
  html: string;
  sections: readonly { id: string; level: number; title: string; text: string }[];
}
