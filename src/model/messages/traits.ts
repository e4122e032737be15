/** What a model takes, as far as its name tells: Anthropic's API refuses what a model of it does not know. */
export interface Traits {
  /** One of Anthropic's: only signed thoughts are thoughts to it. */
  readonly claude: boolean;
  /** `budget`: a number of tokens is given to thinking; `adaptive`: the model thinks as an effort says. */
  readonly thinking: "budget" | "adaptive" | null;
  /** It thinks where nothing is said about that. */
  readonly thinksUnasked: boolean;
  /** How it is kept from thinking; null: not at all. */
  readonly off: "disabled" | "between_tools" | null;
  /** The effort between `high` and `max` is known. */
  readonly xhigh: boolean;
  /** `temperature` and `top_p` are known. */
  readonly sampling: boolean;
  /** Answers can be held to a JSON Schema. */
  readonly outputFormat: boolean;
  /** Thoughts are refused after something before them has changed, unless that is said to be all right. */
  readonly bound: boolean;
}

const others: Traits = {
  claude: false,
  thinking: "budget",
  thinksUnasked: false,
  off: null,
  xhigh: false,
  sampling: true,
  outputFormat: false,
  bound: false,
};

const newest = 999;

/** 4.5 is 405. Names without a number are taken for the newest. */
function versionOf(name: string): number {
  const found =
    /claude-(\d+)(?:[-.](\d{1,2})(?!\d))?/.exec(name) ??
    /claude-[a-z]+-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?/.exec(name);
  return found === null ? newest : Number(found[1]) * 100 + Number(found[2] ?? 0);
}

export function traitsOf(model: string): Traits {
  const name = model.toLowerCase();
  if (!name.includes("claude")) return others;
  const version = versionOf(name);
  const largest = /fable|mythos/.test(name);
  return {
    claude: true,
    thinking: version < 307 ? null : version < 406 ? "budget" : "adaptive",
    thinksUnasked: version >= 500,
    off: offOf(name, version, largest),
    xhigh: version >= 407,
    sampling: version < 407,
    outputFormat: version >= 405,
    bound: version !== newest && version >= (largest ? 501 : 505),
  };
}

function offOf(name: string, version: number, largest: boolean): Traits["off"] {
  if (largest) return null;
  if (version < 505) return "disabled";
  if (name.includes("sonnet")) return "between_tools";
  return name.includes("haiku") ? "disabled" : null;
}
