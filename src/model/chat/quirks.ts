import { namedUuid } from "../../system/hash.ts";
import { unmarked } from "../dialect/repair/marks.ts";

/** What models want of messages, wherever they are served: their templates and vendors refuse a conversation without it. */
export interface Quirks {
  /** Gives a call an id that is taken: the same for the same. */
  readonly callId: (id: string) => string;
  /** A message with calls says what was thought even if that was nothing. */
  readonly thoughtsWithCalls: boolean;
}

/** OpenAI's limit. */
const longestId = 40;
const hex = (id: string): string => namedUuid(id).replaceAll("-", "");

/** As its server gave it. */
function anyId(marked: string): string {
  const id = unmarked(marked);
  return id.length <= longestId ? id : `call_${hex(id)}`;
}

/** Mistral's: nine letters or digits. */
function nineLetters(marked: string): string {
  const id = unmarked(marked);
  return /^[a-zA-Z0-9]{9}$/.test(id) ? id : hex(id).slice(0, 9);
}

const mistral = /mi[sx]tral|ministral|devstral|codestral|magistral/i;

export const quirksOf = (model: string): Quirks => ({
  callId: mistral.test(model) ? nineLetters : anyId,
  thoughtsWithCalls: /deepseek/i.test(model),
});
