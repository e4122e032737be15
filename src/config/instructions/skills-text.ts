import type { Skill } from "./skills.ts";

const guidance =
  "Skills are instructions kept in files. Before work that one of them covers, or when the user names one with `$name`, read its file whole and follow it; paths in it are relative to its folder. Leave the others unread.";

/**
 * What a model is told of the skills that it may use; null when there are none to tell of. Where the list would take
 * more than `budget` characters, descriptions are cut, the longest first, and at last skills are left out, and it says so.
 */
export function skillsText(skills: readonly Skill[], budget = Number.POSITIVE_INFINITY): string | null {
  const listed = skills.filter((skill) => skill.listed);
  if (listed.length === 0) return null;
  const frames = listed.map(({ name, path }) => line(name, "", path).length + 1);
  // Of the frames as many as fit; what is left over is for descriptions.
  let count = 0;
  let left = Math.max(0, budget - guidance.length);
  while (count < listed.length && frames[count]! <= left) left -= frames[count++]!;
  const shown = listed.slice(0, count);
  const longest = longestAllowed(
    shown.map(({ description }) => description.length),
    left,
  );
  const lines = shown.map(({ name, description, path }) => line(name, cut(description, longest), path));
  const missing = listed.length - count;
  if (missing > 0)
    lines.push(
      `(${missing} more ${missing === 1 ? "is" : "are"} not listed for want of room; the user may name them.)`,
    );
  return [guidance, ...lines].join("\n");
}

const line = (name: string, description: string, path: string): string => `- ${name}: ${description} (file: ${path})`;

/** The length that all may have so that together they take no more than `room`. */
function longestAllowed(lengths: readonly number[], room: number): number {
  const sorted = lengths.toSorted((one, other) => one - other);
  let left = room;
  for (const [index, length] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - index));
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return length < 4 ? "" : `${text.slice(0, length - 3).replace(/[\ud800-\udbff]$/, "")}...`;
}
