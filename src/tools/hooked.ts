import { parseNested } from "../protocol/nested-json.ts";
import { shellJoin } from "../protocol/codex-0.169/shell-join.ts";

/** How hooks see the calls of a tool, where that is not by its name and its arguments. */
export interface HookedCalls {
  readonly name: string;
  /** What they read as the arguments; null where these cannot be understood, so that the call fails by itself. */
  read(input: string): unknown;
  /** The input with what a hook wants in its place; null when that is not of the right form. */
  write(input: string, wanted: unknown): string | null;
}

/** A call that is over, as hooks are told of it; what is left out is as the call was made. */
export interface FinishedCall {
  readonly name?: string;
  readonly callId?: string;
  readonly input?: unknown;
  readonly response?: unknown;
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value = parseNested(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function commandIn(wanted: unknown): string | null {
  const command = (wanted as { command?: unknown } | null | undefined)?.command;
  return typeof command === "string" ? command : null;
}

/** Hooks know every shell by this name. */
export const shellName = "Bash";

/** A tool whose command line stands in one argument: hooks see that, and can change that alone. */
export const shellCalls = (argument: string): HookedCalls => ({
  name: shellName,
  read(input) {
    const command = objectIn(input)?.[argument];
    return typeof command === "string" ? { command } : null;
  },
  write(input, wanted) {
    const command = commandIn(wanted);
    return command === null ? null : JSON.stringify({ ...objectIn(input), [argument]: command });
  },
});

/** A tool that takes a program with its arguments: hooks see them as a command line, and give one in their place. */
export const argumentCalls: HookedCalls = {
  name: shellName,
  read(input) {
    const argv = objectIn(input)?.["command"];
    return Array.isArray(argv) && argv.every((word) => typeof word === "string") ? { command: shellJoin(argv) } : null;
  },
  write(input, wanted) {
    const command = commandIn(wanted);
    return command === null ? null : JSON.stringify({ ...objectIn(input), command: ["bash", "-lc", command] });
  },
};

/** A tool whose whole input is one text. */
export const textCalls = (name: string): HookedCalls => ({
  name,
  read: (command) => ({ command }),
  write: (_, wanted) => commandIn(wanted),
});

/** Any other function: its arguments as they are. */
export const plainCalls = (name: string): HookedCalls => ({
  name,
  read(input) {
    if (input.trim() === "") return {};
    try {
      return parseNested(input);
    } catch {
      return null;
    }
  },
  write: (_, wanted) => JSON.stringify(wanted),
});
