import type { CustomSpec } from "../../protocol/tool-spec.ts";

const description = `Edits files with a patch in the format below. Write the patch as the plain input of this tool, not as JSON.

*** Begin Patch
*** Add File: path/new.txt
+every line of the new file, after a plus sign
*** Update File: path/old.txt
*** Move to: path/renamed.txt
@@ a line that stands above the change
 an unchanged line
-a line to remove
+a line to put there
*** Delete File: path/gone.txt
*** End Patch

Paths are relative to the working directory. "Move to" is only for renaming. Each "@@" begins a change; the text after it is optional and is looked for first. Give about three unchanged lines around a change, or more where that is needed to tell places apart, and write the changes in the order of the file. End a change with "*** End of File" when it is at the end. Nothing is changed unless the whole patch fits.`;

const definition = `start: begin operation+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?

operation: add | remove | update
add: "*** Add File: " NAME LF added+
remove: "*** Delete File: " NAME LF
update: "*** Update File: " NAME LF move? first? chunk*

move: "*** Move to: " NAME LF
first: line+ tail?
chunk: "@@" (" " NAME)? LF line+ tail?
added: "+" REST LF
line: ("+" | "-" | " ") REST LF
tail: "*** End of File" LF

NAME: /[^\\r\\n]+/
REST: /[^\\r\\n]*/
%import common.LF
`;

/** How models are shown the tool. */
export const applyPatchSpec: CustomSpec = {
  type: "custom",
  name: "apply_patch",
  description,
  format: { type: "grammar", syntax: "lark", definition },
};
