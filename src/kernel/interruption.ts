/** Why a turn was stopped; the reason of its signal. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}
