const names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"];

/** Whether requests may have to go through a proxy. */
export const behindProxy = (variables: Readonly<Record<string, string | undefined>>): boolean =>
  names.some((name) => (variables[name] ?? "") !== "");
