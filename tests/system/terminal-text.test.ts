import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanLine, cleanText, shortened, TextFilter, visibleText } from "../../src/system/terminal-text.ts";

describe("text of others", () => {
  test.each([
    ["plain text\nwith\ttabs and 漢字 👩‍👩‍👧 é", "plain text\nwith\ttabs and 漢字 👩‍👩‍👧 é"],
    ["a\u001b[31mred\u001b[0mb", "aredb"],
    ["a\u001b[?1049h\u001b[10;10H\u001b[2Jb", "ab"],
    ["a\u001b]0;title\u0007b", "ab"],
    ["a\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\b", "alinkb"],
    ["a\u001bPdcs\u001b\\b\u001b_apc\u001b\\c\u001b^pm\u001b\\d\u001bXsos\u001b\\e", "abcde"],
    ["a\u009b31mb\u009d0;t\u009cc\u0090q\u0007d", "abcd"],
    ["a\u001bcb\u001b7c\u001b(Bd", "abcd"],
    ["a\u0007\u0008\u007f\u0000b", "ab"],
    ["a\u202eb\u2066c\u200bd\ufeffe\u{e0041}f", "abcdef"],
    ["a\r\nb\rc\n\rd", "a\nb\nc\n\nd"],
    ["a\u2028b\u2029c", "a\nb\nc"],
    ["a\ud800b", "a\ufffdb"],
    ["a\u001b]0;never ended\nb", "a\nb"],
    ["a\u001b[1\u001b[31mb", "ab"],
  ])("%j is shown as %j, in one piece and letter by letter", (given, shown) => {
    expect(cleanText(given)).toBe(shown);
    const filter = new TextFilter();
    expect(Array.from({ length: given.length }, (_, at) => filter.push(given[at]!)).join("")).toBe(shown);
  });

  test("never holds anything that a terminal obeys, however it is cut", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "\u001b",
        "\u001b[",
        "\u001b]",
        "\u009b",
        "\u0007",
        "\u001b\\",
        "\r",
        "\n",
        "31m",
        ";",
        "\ud83d",
        "\ude00",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const filter = new TextFilter();
        const shown = pieces.map((each) => filter.push(each)).join("");
        // oxlint-disable-next-line no-control-regex
        expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(shown).toBe(cleanText(pieces.join("")));
      }),
      { numRuns: 2000 },
    );
  });

  test("is filtered without work that grows faster than it", () => {
    const text = "\u001b]0;x".repeat(200_000);
    expect(cleanText(text)).toBe("");
  });

  test("that somebody decides about shows what hides in it", () => {
    expect(visibleText("rm \u001b[8mx\u202e\u0008\nb\tc")).toBe("rm \\u{1b}[8mx\\u{202e}\\u{8}\nb\tc");
  });

  test("is made one line, and shortened by characters", () => {
    expect(cleanLine(" a\n\u001b[1m b\t c ")).toBe("a b c");
    expect(shortened("a".repeat(72), 72)).toBe("a".repeat(72));
    expect(shortened("a".repeat(73), 72)).toBe(`${"a".repeat(69)}...`);
    expect(shortened("😀".repeat(10), 10)).toBe("😀".repeat(10));
    expect(shortened("😀".repeat(1000), 10)).toBe(`${"😀".repeat(7)}...`);
  });
});
