/** Something that a dialect has no words for: the request is refused before anything is sent. */
export class UntranslatableError extends Error {
  override readonly name = "UntranslatableError";
}
