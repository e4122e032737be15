/** The version of Codex that is spoken on the wire and in rollout files. Banners carry our own. */
export const codexVersion = "0.169.0";
