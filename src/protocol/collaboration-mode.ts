/** How user and model work together: `plan` talks a task over before anything is done. */
export type CollaborationMode = "default" | "plan";
