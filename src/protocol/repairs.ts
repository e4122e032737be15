/**
 * What was wrong with a model's call and was put right: it was written as text, its tool was named in another way than it is offered,
 * its arguments were no valid JSON, or had other types than the tool declares.
 */
export type RepairKind = "text" | "name" | "json" | "types";
