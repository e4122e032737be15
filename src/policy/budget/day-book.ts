import type { ByModel, Tokens } from "./amounts.ts";

/** One request that is about to be sent. */
export interface Booking {
  readonly day: string;
  readonly threadId: string;
  readonly model: string;
  readonly tokens: Tokens;
}

/** What all processes together use in a day. */
export interface DayBook {
  /**
   * Books a request when `fits` says so to what the day has used already, requests under way among it; null when not. Other
   * processes see it whole or not at all.
   */
  reserve(booking: Booking, fits: (used: ByModel) => boolean): string | null;
  /**
   * Puts what it took in the place of what was booked for it. It counts on the `day` of its answer, on which its thread's file has
   * it, too.
   */
  settle(id: string, booking: Booking, tokens: Tokens, day: string): void;
}
