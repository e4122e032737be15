import type { PartPlace, ThreadPart } from "./part.ts";

/** The parts that a thread's configuration and model ask for, in the order in which the model is told of them. */
export async function loadParts(_place: PartPlace): Promise<ThreadPart[]> {
  return [];
}
