import { describe, expect, it } from "vitest";
import { judge, type Figure } from "../../bench/figures.ts";
import { median, rotate, summarise } from "../../bench/statistics.ts";

describe("statistics of the benchmarks", () => {
  it("takes the middle of an odd number of values and the mean of the two middle ones of an even number", () => {
    expect(median([30, 1, 2])).toBe(2);
    expect(median([4, 1, 30, 2])).toBe(3);
    expect(() => median([])).toThrow("no values");
  });

  it("gives the spread with the median", () => {
    expect(summarise([5, 3, 9])).toEqual({ median: 5, min: 3, max: 9, count: 3 });
  });

  it("lets each subject be the first in turn", () => {
    expect([0, 1, 2, 3].map((round) => rotate(["a", "b", "c"], round).join(""))).toEqual(["abc", "bca", "cab", "abc"]);
  });

  it("judges a figure by medians, and not at all while one of its values is missing", () => {
    const figure: Figure = {
      says: "half of codex",
      limit: 0.5,
      reached: (middle) => middle("cold", "ours") / middle("cold", "codex"),
    };
    expect(judge(figure, { cold: { ours: [50, 49, 900], codex: [100] } })).toEqual({ value: 0.5, reached: true });
    expect(judge(figure, { cold: { ours: [51], codex: [100] } })).toEqual({ value: 0.51, reached: false });
    expect(judge(figure, { cold: { ours: [51] } })).toBeNull();
  });
});
