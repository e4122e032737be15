import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { haystackOf } from "../../../../src/doors/app-server/search/haystack.ts";
import { parsePattern, scoreOf } from "../../../../src/doors/app-server/search/pattern.ts";
import { search } from "../../../../src/doors/app-server/search/search.ts";
import { Tree } from "../../../../src/doors/app-server/search/tree.ts";
import { scratchFolder } from "../../../support/scratch.ts";

let root: string;
beforeEach(() => void (root = mkdtempSync(`${scratchFolder}/search-`)));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, text = ""): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

describe("a tree that was read once", () => {
  const found = async (tree: Tree): Promise<string[]> =>
    (await tree.entries())
      .map(({ path }) => path)
      .filter((path) => path !== "" && !/(^|\/)\./.test(path))
      .toSorted();

  it("sees what comes, goes, and is ignored from now on or no more", async () => {
    put("a/one.ts");
    put("b/two.ts");
    put(".ignore", "three.ts\n");
    const tree = new Tree(root, {});
    expect(await found(tree)).toEqual(["a", "a/one.ts", "b", "b/two.ts"]);
    put("a/three.ts");
    put("a/four.ts");
    put("c/deep/five.ts");
    rmSync(join(root, "b"), { recursive: true });
    expect(await found(tree)).toEqual(["a", "a/four.ts", "a/one.ts", "c", "c/deep", "c/deep/five.ts"]);
    put(".ignore", "four.ts\n");
    expect(await found(tree)).toEqual(["a", "a/one.ts", "a/three.ts", "c", "c/deep", "c/deep/five.ts"]);
    put("c/.ignore", "deep\n");
    expect(await found(tree)).toEqual(["a", "a/one.ts", "a/three.ts", "c"]);
    rmSync(join(root, ".ignore"));
    expect(await found(tree)).toEqual(["a", "a/four.ts", "a/one.ts", "a/three.ts", "c"]);
  });

  it("sees that a folder has become a repository, whose .gitignore counts from then on", async () => {
    put(".gitignore", "hidden\n");
    put("hidden");
    put("shown");
    const tree = new Tree(root, {});
    expect(await found(tree)).toEqual(["hidden", "shown"]);
    execFileSync("git", ["init", "-q", root]);
    expect(await found(tree)).toEqual(["shown"]);
  });

  it("follows links where they lead now, and around no circle", async () => {
    put("real/x.ts");
    put("other/y.ts");
    symlinkSync("real", join(root, "link"));
    symlinkSync("..", join(root, "real/up"));
    const tree = new Tree(root, {});
    expect(await found(tree)).toEqual(["link", "link/x.ts", "other", "other/y.ts", "real", "real/x.ts"]);
    rmSync(join(root, "link"));
    symlinkSync("other", join(root, "link"));
    expect(await found(tree)).toEqual(["link", "link/y.ts", "other", "other/y.ts", "real", "real/x.ts"]);
  });

  it("waits for no named pipe and no device that a repository has for its ignore files", async () => {
    put("x.ts");
    put("rules", "y.ts\n");
    put("a/y.ts");
    execFileSync("git", ["init", "-q", root]);
    execFileSync("mkfifo", [join(root, ".gitignore")]);
    symlinkSync("../rules", join(root, "a/.gitignore"));
    symlinkSync("/dev/zero", join(root, ".ignore"));
    expect(await found(new Tree(root, {}))).toEqual(["a", "rules", "x.ts"]);
  });

  it("shows what is beside a .git that leads to itself, which makes no repository", async () => {
    put(".gitignore", "x.ts\n");
    put("x.ts");
    put("inner/y.ts");
    symlinkSync(".git", join(root, ".git"));
    symlinkSync(".git", join(root, "inner/.git"));
    expect(await found(new Tree(root, {}))).toEqual(["inner", "inner/y.ts", "x.ts"]);
    expect(await found(new Tree(join(root, "inner"), {}))).toEqual(["y.ts"]);
  });
});

it("of 3,000 files that fit, the best fifty are shown, whatever their order on the disk", async () => {
  for (let index = 0; index < 3000; index++) put(`d${index % 60}/some-model-${index}.ts`);
  put("z/zzz/model.ts");
  const results = await search("model", [{ root, tree: new Tree(root, {}) }]);
  expect(results).toHaveLength(50);
  expect(results!.map(({ path }) => path)).toContain("z/zzz/model.ts");
  expect(results!.every(({ path }) => path.includes("model"))).toBe(true);
});

it("a search that was given up finds nothing", async () => {
  put("x");
  expect(await search("x", [{ root, tree: new Tree(root, {}) }], AbortSignal.abort())).toBeNull();
});

it("a word fits where its letters come in this order, and the places are those letters", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."abAB_/. 1".split("")), maxLength: 24 });
  const words = fc.string({ unit: fc.constantFrom(..."ab1".split("")), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(letters, words, (text, word) => {
      const small = text.toLowerCase();
      const fits = new RegExp([...word].join(".*"), "s").test(small);
      const places: number[] = [];
      const score = scoreOf(parsePattern(word), haystackOf(text), places);
      expect(score !== null).toBe(fits);
      if (fits) expect(places.map((place) => small[place]).join("")).toBe(word);
      expect(places.toSorted((a, b) => a - b)).toEqual(places);
    }),
  );
});

it("a score never falls when the same letters come one after the other", () => {
  const word = fc.string({ unit: fc.constantFrom(..."abcdef".split("")), minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(word, (letters) => {
      const of = (text: string): number => scoreOf(parsePattern(letters), haystackOf(text))!;
      expect(of(`/${letters}`)).toBeGreaterThan(of(`/${[...letters].join("zz")}`));
    }),
  );
});
