import { homedir } from "node:os";
import { expect, test } from "vitest";
import { interceptPatch, interceptPatchWords } from "../../../src/tools/apply-patch/intercept.ts";
import { CallError } from "../../../src/tools/tool.ts";

const patch = "*** Begin Patch\n*** Add File: f\n+x $HOME `id`\n*** End Patch";

/** Each form was given to the real Codex 0.169, which took it for a patch. */
const taken: [command: string, workdir?: string][] = [
  ["apply_patch <<'EOF'\n{}\nEOF"],
  ["apply_patch <<EOF\n{}\nEOF"],
  ['apply_patch <<"EOF"\n{}\nEOF'],
  ["apply_patch <<'PATCH'\n{}\nPATCH"],
  ["apply_patch <<'E F'\n{}\nE F"],
  ["apply_patch <<\\EOF\n{}\nEOF"],
  ["apply_patch << 'EOF'\n{}\nEOF"],
  ["apply_patch <<-'EOF'\n{}\nEOF"],
  ["apply_patch<<'EOF'\n{}\nEOF\n"],
  ["\n  apply_patch <<'EOF'\n{}\nEOF\n\n"],
  ["applypatch <<'EOF'\n{}\nEOF"],
  ["cd sub && apply_patch <<'EOF'\n{}\nEOF", "sub"],
  ["cd sub&&apply_patch <<'EOF'\n{}\nEOF", "sub"],
  ["cd sub &&\napply_patch <<'EOF'\n{}\nEOF", "sub"],
  ["cd /a/b-c && apply_patch <<'EOF'\n{}\nEOF", "/a/b-c"],
  ["cd 'sub dir' && apply_patch <<'EOF'\n{}\nEOF", "sub dir"],
  ["cd \"sub dir\" && apply_patch <<'EOF'\n{}\nEOF", "sub dir"],
  // These two the real one takes literally, and makes folders named `s\ ub` and `~`.
  ["cd s\\ ub && apply_patch <<'EOF'\n{}\nEOF", "s ub"],
  ["cd ~/x && apply_patch <<'EOF'\n{}\nEOF", `${homedir()}/x`],
];

test.each(taken)("%j is a patch", (command, workdir) => {
  expect(interceptPatch(command.replace("{}", () => patch))).toEqual(
    workdir === undefined ? { patch } : { patch, workdir },
  );
});

/** Each form was given to the real Codex 0.169, which ran it as a command. */
const left = [
  "cd sub; apply_patch <<'EOF'\n{}\nEOF",
  "cd sub || apply_patch <<'EOF'\n{}\nEOF",
  "cd sub && cd .. && apply_patch <<'EOF'\n{}\nEOF",
  "apply_patch <<'EOF' && echo hi\n{}\nEOF",
  "apply_patch <<'EOF'\n{}\nEOF\necho hi",
  "echo hi; apply_patch <<'EOF'\n{}\nEOF",
  "echo hi && apply_patch <<'EOF'\n{}\nEOF",
  "bash -lc \"apply_patch <<'EOF'\n{}\nEOF\n\"",
  "apply_patch '{}'",
  "apply_patch foo <<'EOF'\n{}\nEOF",
  "cat <<'EOF' | apply_patch\n{}\nEOF",
  "# c\napply_patch <<'EOF'\n{}\nEOF",
  "apply_patch <<'EOF'\n{}\nEOF\n# c",
  "apply_patch <<'EOF' > /dev/null\n{}\nEOF",
  "apply_patch <<'EOF' 2>&1\n{}\nEOF",
  "apply_patch 0<<'EOF'\n{}\nEOF",
  "apply_patch <<'EOF' &\n{}\nEOF",
  "apply_patch <<'EOF';\n{}\nEOF",
  "(apply_patch <<'EOF'\n{}\nEOF\n)",
  "! apply_patch <<'EOF'\n{}\nEOF",
  "cd $HOME && apply_patch <<'EOF'\n{}\nEOF",
  "cd -- sub && apply_patch <<'EOF'\n{}\nEOF",
  "cd sub sub2 && apply_patch <<'EOF'\n{}\nEOF",
  "cd && apply_patch <<'EOF'\n{}\nEOF",
  "cd sub\"x\" && apply_patch <<'EOF'\n{}\nEOF",
  "sudo apply_patch <<'EOF'\n{}\nEOF",
  "/usr/bin/apply_patch <<'EOF'\n{}\nEOF",
  "apply_patch <<< '{}'",
  "set -e\napply_patch <<'EOF'\n{}\nEOF",
  "\"apply_patch\" <<'EOF'\n{}\nEOF",
  // Not tried on the real one: the shell would not see an end, or would expand.
  "apply_patch <<'EOF'\n{}",
  "cd *x && apply_patch <<'EOF'\n{}\nEOF",
  "cd - && apply_patch <<'EOF'\n{}\nEOF",
  // The real one takes these two, whose meaning for a shell is another.
  "FOO=1 apply_patch <<'EOF'\n{}\nEOF",
  "apply_patch <<'EOF'\n{}\nEOF &",
];

test.each(left)("%j is a command", (command) => {
  expect(interceptPatch(command.replace("{}", () => patch))).toBeNull();
});

test("a bare patch as a command is refused with the way to do it", () => {
  expect(() => interceptPatch(patch)).toThrow(CallError);
  expect(interceptPatch("*** Begin Patch is not a command")).toBeNull();
});

test("a command given as words is the patch itself or a script for a shell", () => {
  expect(interceptPatchWords(["apply_patch", patch])).toEqual({ patch });
  expect(interceptPatchWords(["/bin/bash", "-lc", `cd d && apply_patch <<'EOF'\n${patch}\nEOF`])).toEqual({
    patch,
    workdir: "d",
  });
  expect(interceptPatchWords(["apply_patch", patch, "more"])).toBeNull();
  expect(interceptPatchWords(["echo", "-c", `apply_patch <<'EOF'\n${patch}\nEOF`])).toBeNull();
});

test("a long command that is no patch is told from one quickly", () => {
  const started = performance.now();
  expect(interceptPatch(`cd ${"a".repeat(200_000)} ${"\n ".repeat(100_000)}`)).toBeNull();
  expect(performance.now() - started).toBeLessThan(5000);
});
