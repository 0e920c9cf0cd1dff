/** The objects of A2A 1.0 as far as they are told apart by their members; more may be there. */

/** One of text, raw, url and data. */
export interface A2aPart {
  text?: string | undefined;
  /** Bytes in base64. */
  raw?: string | undefined;
  url?: string | undefined;
  data?: unknown;
  mediaType?: string | undefined;
  filename?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  [member: string]: unknown;
}

export interface A2aMessage {
  messageId: string;
  role: "ROLE_USER" | "ROLE_AGENT";
  parts: A2aPart[];
  /** To go on with a task, or to answer its question. */
  taskId?: string | undefined;
  contextId?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  [member: string]: unknown;
}

export interface A2aArtifact {
  artifactId?: string | undefined;
  parts?: A2aPart[] | undefined;
  [member: string]: unknown;
}

export interface A2aTask {
  id: string;
  contextId?: string | undefined;
  /** `state` is `TASK_STATE_WORKING`, `TASK_STATE_COMPLETED`… */
  status: { state: string; [member: string]: unknown };
  artifacts?: A2aArtifact[] | undefined;
  [member: string]: unknown;
}

/** What an agent answers to a message: a task, or a message where it keeps none. */
export interface A2aAnswer {
  task?: A2aTask | undefined;
  message?: A2aMessage | undefined;
  [member: string]: unknown;
}

/** An event of a task: it as a whole, or what is new of it. */
export interface A2aEvent extends A2aAnswer {
  statusUpdate?: { taskId: string; status: { state: string; [member: string]: unknown }; [member: string]: unknown };
  artifactUpdate?: { taskId: string; artifact: A2aArtifact; [member: string]: unknown };
}

export interface A2aTaskPage {
  tasks: A2aTask[];
  /** Empty on the last. */
  nextPageToken: string;
  pageSize: number;
  totalSize: number;
}

/** Where a caller takes notifications about a task. */
export interface A2aPushConfig {
  id?: string | undefined;
  url: string;
  /** Comes back as `X-A2A-Notification-Token`. */
  token?: string | null | undefined;
  /** Comes back as `Authorization`. */
  authentication?:
    | { scheme?: string | null; credentials?: string | null; [member: string]: unknown }
    | null
    | undefined;
  [member: string]: unknown;
}
