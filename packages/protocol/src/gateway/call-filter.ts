/** Which calls of the log are meant, beside whose and when: filters hold together, of a list any may. */
export interface CallFilter {
  /** Fifty at most. */
  agentIds?: readonly string[] | undefined;
  status?: "success" | "error" | undefined;
  /** Kinds of failure: `timeout`, `http_500`… */
  errors?: readonly string[] | undefined;
  entrances?: readonly string[] | undefined;
  /** Ids of skills that tasks named. */
  skills?: readonly string[] | undefined;
  payerOrgId?: string | undefined;
  taskId?: string | undefined;
  traceId?: string | undefined;
  contextId?: string | undefined;
  requestId?: string | undefined;
  parentId?: string | undefined;
  keyId?: string | undefined;
  callerIp?: string | undefined;
  /** None of these; what has no value at all is none of them. */
  notAgentIds?: readonly string[] | undefined;
  notErrors?: readonly string[] | undefined;
  notEntrances?: readonly string[] | undefined;
  notSkills?: readonly string[] | undefined;
  notPayerOrgIds?: readonly string[] | undefined;
}
