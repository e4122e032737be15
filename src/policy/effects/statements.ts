import type { Statement } from "../shell/syntax.ts";
import { isNumber } from "./state.ts";

/** Whether nothing runs after the statement. */
export function leaves(statement: Statement): boolean {
  if (statement.kind === "sequence") return statement.parts.length > 0 && leaves(statement.parts.at(-1)!);
  return statement.kind === "command" && /^(exit|return)$/.test(statement.words[0]?.source ?? "");
}

/** Names of the variables that a statement may set, at any depth. */
export function namesSetIn(statement: Statement): Set<string> {
  const names = new Set<string>();
  visit(statement, (each) => {
    if (each.kind === "loop" && each.variable !== null) names.add(each.variable);
    if (each.kind !== "command") return;
    for (const { name } of each.words.length === 0 ? each.assignments : []) names.add(name);
    const [first, ...more] = each.words.map(({ source }) => source);
    if (/^(read|mapfile|readarray|export|declare|local|typeset|readonly|printf|getopts|unset|let)$/.test(first ?? "")) {
      for (const word of more) {
        const [name] = /^[A-Za-z_]\w*/.exec(word) ?? [];
        if (name !== undefined) names.add(name);
      }
    }
  });
  return names;
}

/** Whether all that the statement gives the variable is a number. */
export function setsNumbers(statement: Statement, name: string): boolean {
  let numbers = true;
  visit(statement, (each) => {
    if (each.kind === "loop" && each.variable === name) numbers = false;
    if (each.kind !== "command") return;
    if (each.words.slice(1).some(({ source }) => source.startsWith(name))) numbers = false;
    for (const assignment of each.words.length === 0 ? each.assignments : []) {
      if (assignment.name !== name) continue;
      const pieces = assignment.value?.pieces ?? [];
      const one = pieces.length === 1 ? pieces[0] : undefined;
      const number = one?.kind === "text" ? isNumber(one.text) : one?.kind === "computed" && one.numeric;
      if (!number || assignment.appends || assignment.subscript !== null) numbers = false;
    }
  });
  return numbers;
}

/** Whether a statement may go to another folder. */
export function movesIn(statement: Statement): boolean {
  let moves = false;
  visit(statement, (each) => {
    if (each.kind !== "command") return;
    const first = each.words[0]?.pieces ?? [];
    const name = first.every((piece) => piece.kind === "text")
      ? first.map((piece) => (piece.kind === "text" ? piece.text : "")).join("")
      : null;
    if (each.words.length > 0 && (name === null || /^(cd|pushd|popd|chdir|eval|source|\.|builtin|command)$/.test(name)))
      moves = true;
  });
  return moves;
}

/** All statements within one, without those in substitutions: these are shells of their own. */
function visit(statement: Statement, see: (statement: Statement) => void): void {
  see(statement);
  switch (statement.kind) {
    case "sequence":
    case "pipeline":
      for (const part of statement.parts) visit(part, see);
      return;
    case "list":
      visit(statement.left, see);
      visit(statement.right, see);
      return;
    case "branch":
      visit(statement.condition, see);
      for (const arm of statement.arms) visit(arm, see);
      return;
    case "loop":
      visit(statement.condition, see);
      visit(statement.body, see);
      return;
    case "background":
    case "subshell":
    case "function":
    case "redirected":
      visit(statement.body, see);
  }
}
