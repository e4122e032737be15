/** Why methods of Codex 0.169 are not served; docs/app-server.md lists the same. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^(marketplace|plugin)\//, "there is no plugin marketplace; extensions are files of your own"],
  [/^remoteControl\//, "there is no remote control by a service; clients connect to this server themselves"],
  [/^thread\/realtime\//, "there is no realtime voice"],
  [/^(windowsSandbox|userVerification)\//, "it belongs to a device that this server does not run on"],
  [
    /^account\/(bedrock|gcp)\/|^accountSession\//,
    "it sets up accounts of one vendor; use model_providers in config.toml",
  ],
  [/^(environment|project|memory|rollout|server|mock)\//, "it is experimental, and the kernel has nothing like it"],
  [/^thread\/(in|de)crement_elicitation$/, "the time limits of calls cannot be put off"],
  [
    /^thread\/(sample|guardianReview|prediction|prepareApprovedPlan|memory|memoryMode|timeline)|^mcpServer\/event/,
    "it is experimental, and the kernel has nothing like it",
  ],
];

/** Null for methods that Codex does not know either. */
export const whyNot = (method: string): string | null => reasons.find(([pattern]) => pattern.test(method))?.[1] ?? null;
