import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlanText, withoutPlan } from "../../../src/kernel/turn/plan-text.ts";

describe("a message with a plan", () => {
  it.each([
    ["Intro\n<proposed_plan>\n- one\n</proposed_plan>\nOutro", "Intro\nOutro", "- one\n"],
    ["<proposed_plan>\nall of it\n</proposed_plan>", "", "all of it\n"],
    ["  <proposed_plan>  \nx\n </proposed_plan>\n", "", "x\n"],
    ["no plan at all\n", "no plan at all\n", null],
    ["it says <proposed_plan> in a line", "it says <proposed_plan> in a line", null],
    ["<proposed_plan>\nit never ends", "", "it never ends"],
    ["<proposed_plan> x\n", "<proposed_plan> x\n", null],
    ["</proposed_plan>\n", "</proposed_plan>\n", null],
    ["<proposed", "<proposed", null],
  ])("is taken apart: %j", (whole, text, plan) => {
    expect(withoutPlan(whole)).toEqual({ text, plan });
  });

  it("is taken apart alike however it is cut", () => {
    const line = fc.constantFrom("<proposed_plan>", "</proposed_plan>", "- a step", "", "<prop", " <proposed_plan> ");
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(12)), (lines, cuts) => {
        const whole = lines.join("\n");
        const reader = new PlanText();
        const said = { text: "", plan: "" };
        let at = 0;
        for (const length of [...cuts, whole.length]) {
          for (const piece of reader.push(whole.slice(at, at + length))) said[piece.in] += piece.text;
          at += length;
        }
        for (const piece of reader.end()) said[piece.in] += piece.text;
        const { text, plan } = withoutPlan(whole);
        expect(said).toEqual({ text, plan: plan ?? "" });
      }),
    );
  });
});
