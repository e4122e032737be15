import { afterAll, expect, test } from "vitest";
import { changing } from "./decisions/changing.ts";
import { looking } from "./decisions/looking.ts";
import { outwitting } from "./decisions/outwitting.ts";
import { makeScene } from "./scene.ts";
import { makeStage, unforeseen } from "./stubs.ts";

const scene = makeScene();
const stage = makeStage(scene.root);
afterAll(() => {
  stage.remove();
  scene.remove();
});

/** What would reach something real: programs by their paths, sockets, signals, other folders. */
const isSafeToRun = (line: string): boolean =>
  !/bin\/|PATH|\/dev\/(tcp|udp)|\bkill\b|\/tmp|sleep|watch|script|\0/.test(line);

const lines = [...looking, ...changing, ...outwitting].map(([, line]) => line).filter(isSafeToRun);

async function surprises(judged: readonly string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  const waiting = [...judged];
  const work = async (): Promise<void> => {
    for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
      const assessment = scene.assess(line);
      if (assessment.danger !== "none" && assessment.danger !== "changes") continue;
      const calls = unforeseen(await stage.run(line), assessment);
      if (calls.length > 0) found.push({ line, calls, seen: assessment.commands?.map(({ words }) => words) });
    }
  };
  await Promise.all([work(), work(), work()]);
  return found;
}

test(
  "a real bash starts nothing that was not foreseen, of all lines that look or change",
  { timeout: 120_000 },
  async () => {
    expect(lines.length).toBeGreaterThan(200);
    expect(await surprises(lines)).toEqual([]);
  },
);

test("the stubs see what runs, so that the check can fail", async () => {
  const calls = await stage.run("ls a; evil $(rm b)");
  expect(calls).toEqual([["ls", "a"], ["rm", "b"], ["evil"]]);
  expect(unforeseen(calls, scene.assess("ls a"))).toEqual([["rm", "b"], ["evil"]]);
  expect(unforeseen(await stage.run("ls 'a b'"), scene.assess("ls a b"))).toEqual([["ls", "a b"]]);
});

/** Signs by which a line may come to mean something else. */
const signs =
  " |;|&&|\\||&|(|)|$(|`|'|\"|\\|{|}|<<EOF\n|\nEOF\n|$x|x=evil |#|\n|$'|if |then |fi|do |done|[[ | ]]|${x:-|$((|))|2>&1| > out|<<<|env |bash -c |eval |\\\n|\t|\r|-|*|?|~|a{b,c}|f() |time |; evil|\nevil\n|`evil`|$(evil)|&>|\\|&|\\'|\\\"|\\`|$'\\''|@(a\\|b)|((|a=(1 2)| -- |\u000b|\u00a0|{1..3}|<(evil)|coproc |! "
    .split(/(?<!\\)\|/)
    .map((sign) => sign.replaceAll("\\|", "|"));

/** Always the same numbers for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("nor of lines in which signs were put, taken away or exchanged by chance", { timeout: 240_000 }, async () => {
  const next = numbers(20_261_121);
  const mutated: string[] = [];
  for (let made = 0; made < 2_000; made++) {
    let line = lines[next(lines.length)]!;
    for (let change = 0; change <= next(3); change++) {
      const at = next(line.length + 1);
      const sign = signs[next(signs.length)]!;
      const kind = next(8);
      if (kind === 0) line = line.slice(0, at) + line.slice(at + 1 + next(3));
      else if (kind === 1) line = line.slice(0, at) + sign + lines[next(lines.length)]!;
      else line = line.slice(0, at) + sign + line.slice(at);
    }
    if (isSafeToRun(line)) mutated.push(line);
  }
  expect(await surprises(mutated)).toEqual([]);
});
