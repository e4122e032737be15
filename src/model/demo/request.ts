/** One thing that the demo model was asked for. */
export type Step =
  | { kind: "list"; path: string | null }
  | { kind: "read"; path: string }
  | { kind: "search"; text: string; path: string | null; include: string | null }
  | { kind: "find"; include: string }
  | { kind: "create"; path: string; content: string }
  | { kind: "append"; path: string; content: string }
  | { kind: "replace"; path: string; from: string; to: string }
  | { kind: "delete"; path: string }
  | { kind: "run"; command: string }
  | { kind: "explain" }
  | { kind: "help" }
  | { kind: "unknown"; text: string };

/** Longer prompts are not for a few fixed phrases, and would make the expressions below slow. */
const maxPrompt = 8000;

const folder = "(?:folder|directory|dir|project|repo|repository|workspace|codebase)";
const here = new RegExp(
  `^(?:here|\\.|(?:(?:this|the|my|the current|current|our)\\s+)*${folder}|this|it|(?:all |the )?files)$`,
  "i",
);
const fileLike = /(?:^|[\w\])])\.[\w-]+$|^(?:makefile|dockerfile|license|readme|changelog|justfile|gemfile)$/i;

/** Without quotes around it and politeness after it; what is quoted is taken as it stands. */
function value(text: string): string {
  const quoted = /^(?:"([^]*)"|'([^]*)'|`([^]*)`|“([^]*)”|‘([^]*)’)[.?!]?$/.exec(text.trim());
  if (quoted !== null) return quoted.slice(1).find((group) => group !== undefined) ?? "";
  return text.trim().replace(/(?<=[\w)\]])[.?!]+$/, "");
}

/** Text for a file: a fenced block, a quoted text, or the words as they are. */
function content(text: string): string {
  const body = text.replace(/^\s*:\s*/, "");
  const fence = /^\s*```[^\n]*\n([^]*?)\n?```\s*$/.exec(body);
  return fence?.[1] ?? value(body);
}

function path(text: string): string {
  const bare = value(text);
  const named = new RegExp(`^(?:the\\s+|my\\s+|a\\s+)?(?:file|${folder})\\s+(?:named\\s+|called\\s+)?(.+)$`, "i").exec(
    bare,
  );
  const trailing = new RegExp(`^(?:the\\s+|my\\s+)?(.+?)\\s+(?:file|${folder})$`, "i").exec(bare);
  return value(named?.[1] ?? trailing?.[1] ?? bare.replace(/^the\s+/i, ""));
}

/** A named place; null for the working directory, or when none is named. */
const place = (text: string): string | null => (text === "" || here.test(value(text)) ? null : path(text));

/** `*.ts`, `.ts files` or `ts files` as a glob. */
function glob(text: string): string | null {
  const bare = value(text);
  const kind = /^(?:all\s+|the\s+)*\.(\w+)\s+files$/i.exec(bare);
  if (kind !== null) return `*.${kind[1]}`;
  const stars = bare.replace(/\s+files$/i, "");
  return /[*?]/.test(stars) && !/\s/.test(stars) ? stars : null;
}

function search(text: string, where: string): Step {
  const include = where === "" ? null : glob(where);
  const wanted = value(
    text
      .replace(/\s+here$/i, "")
      .replace(
        /^(?:all\s+|any\s+|every\s+|the\s+)*(?:text|word|words|string|phrase|occurrences? of|uses? of|mentions? of)\s+/i,
        "",
      ),
  );
  return { kind: "search", text: wanted, path: include === null ? place(where) : null, include };
}

/** The phrases, tried in order; each gets the groups of its expression. Null lets the next one try. */
const phrases: [RegExp, (groups: string[]) => Step | null][] = [
  [
    /^(?:help|hello|hi|hey|who are you|what are you|what can (?:you|i) (?:do|ask|say)(?: .*)?|how do (?:you|i) .*)$/i,
    () => ({ kind: "help" }),
  ],
  [
    /^(?:explain|describe|tell me|summari[sz]e|say|show(?: me)?)?\s*(?:what|which \w+|why|how) (?:did you|you|have you|you have|you've|was|were)(?: just)?\s*(?:did|do|done|doing|change|changed|run|ran|happened)\b.*$/i,
    () => ({ kind: "explain" }),
  ],
  [
    /^(?:explain|describe|summari[sz]e) (?:your (?:work|changes|steps|actions|last .*)|yourself|that|it)$|^what (?:just )?happened$/i,
    () => ({ kind: "explain" }),
  ],

  [
    /^in\s+(?:the file\s+)?(\S+?),?\s+((?:replace|change|substitute)\s[^]+)$/i,
    ([where, rest]) => parse(`${rest} in ${where}`),
  ],
  [
    /^(?:replace|change|substitute|swap)\s+(?:all\s+|every\s+|the\s+(?:text|word)\s+)*([^]+?)\s+(?:with|to|by|into|for)\s+([^]+)\s+in\s+([^\n]+)$/i,
    ([from, to, where]) => ({ kind: "replace", path: path(where!), from: value(from!), to: value(to!) }),
  ],
  [
    /^(?:append|add)\s+(?:the\s+|a\s+)?(?:(?:line|text|word)s?\s+)?([^]+?)\s+(?:to|at)\s+(?:the\s+end\s+of\s+)?([^\n]+)$/i,
    ([text, where]) => ({ kind: "append", path: path(where!), content: content(text!) }),
  ],
  [
    /^(?:create|make|write|add|generate)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:new\s+)?(?:empty\s+)?(?:text\s+)?(?:file\s+)?(?:called\s+|named\s+)?("[^"]+"|'[^']+'|`[^`]+`|\S+?)(?:,?\s+(?:with|containing|saying|that\s+(?:says|contains|reads)|which\s+(?:says|contains))\s*(?:the\s+)?(?:(?:text|contents?|words?|lines?)\b)?|:)\s*([^]+)$/i,
    ([where, text]) => ({ kind: "create", path: path(where!), content: content(text!) }),
  ],
  [
    /^(?:write|put|save)\s+([^]+?)\s+(?:to|into|in)\s+(?:a\s+(?:new\s+)?)?([^\n]+)$/i,
    ([text, where]) => ({ kind: "create", path: path(where!), content: content(text!) }),
  ],
  [
    /^(?:create|make)\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:folder|directory)\s+(?:called\s+|named\s+)?(.+)$/i,
    ([where]) => ({ kind: "run", command: `mkdir -p -- ${shellWord(value(where!))}` }),
  ],
  [
    /^(?:create|make|touch)\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:empty\s+)?(?:text\s+)?(file\s+)?(?:called\s+|named\s+)?(\S+|"[^"]+"|'[^']+'|`[^`]+`)$/i,
    ([file, where]) =>
      file || fileLike.test(value(where!)) ? { kind: "create", path: path(where!), content: "" } : null,
  ],
  [
    /^(?:delete|remove)\s+([^]+?)\s+from\s+([^\n]+)$/i,
    ([from, where]) => ({
      kind: "replace",
      path: path(where!),
      from: value(from!.replace(/^the\s+(?:text|word)\s+/i, "")),
      to: "",
    }),
  ],
  [/^(?:delete|remove|rm)\s+([^\n]+)$/i, ([where]) => ({ kind: "delete", path: path(where!) })],

  [/^(?:run|execute)\s+(?:(?:the\s+|this\s+)?(?:shell\s+)?command\s*:?\s+)?([^]+)$/i, ([command]) => runs(command!)],
  [/^(?:\$|!)\s*([^\n]+)$/, ([command]) => ({ kind: "run", command: command!.trim() })],
  [/^(`[^`]+`)$/, ([command]) => ({ kind: "run", command: value(command!) })],

  [
    /^(?:find|list|show(?: me)?)\s+(?:me\s+)?(?:all\s+|every\s+|the\s+)*(?:files?\s+)?(?:named|called|matching)\s+([^\s]+)$/i,
    ([name]) => ({ kind: "find", include: value(name!) }),
  ],
  [
    /^(?:find|list|show(?: me)?|search for|which are)\s+(?:all\s+|every\s+|the\s+)*(\.\w+ files|\S*[*?]\S*(?: files)?)(?:\s+in\s+.+)?$/i,
    ([name]) => {
      const include = glob(name!);
      return include === null ? null : { kind: "find", include };
    },
  ],
  [
    /^(?:find|search for|list|show(?: me)?|which|what)\s+(?:all\s+|the\s+|every\s+)*files?\s+(?:that\s+|which\s+)?(?:containing|contains?|with|mention(?:s|ing)?|using|uses?|ha(?:ve|s))\s+(.+?)(?:\s+(?:in|under|inside|within)\s+(\S.*))?$/i,
    ([text, where]) => search(text!, where!),
  ],
  [/^(?:search|grep|look)\s+(?:through\s+|in\s+)(.+?)\s+for\s+(.+)$/i, ([where, text]) => search(text!, where!)],
  [
    /^(?:search(?:\s+for)?|grep(?:\s+for)?|look\s+for|find)\s+(.+?)(?:\s+(?:in|under|inside|within)\s+(\S.*))?$/i,
    ([text, where]) => search(text!, where!),
  ],
  [
    /^where\s+(?:is|are|do(?:es)?)\s+(?:the\s+)?(.+?)\s+(?:used|defined|mentioned|declared|called|appear|occur)s?$/i,
    ([text]) => search(text!, ""),
  ],

  [/^(?:list|ls|dir|tree)$/i, () => ({ kind: "list", path: null })],
  [/^(?:ls|dir|tree)\s+(?:-\w+\s+)*([^\s]+)$/i, ([where]) => ({ kind: "list", path: place(where!) })],
  [
    /^(?:what|which)\s+(?:files?|folders?|things?)\s+(?:are|is|do (?:i|we) have|exist|live)(?:\s+there)?(?:\s+(?:in|inside|under|within)\s+(.+)|\s+here)?$/i,
    ([where]) => ({ kind: "list", path: place(where!) }),
  ],
  [/^(?:what is|what's|whats|what are)\s+(?:there\s+)?(?:in|inside|under|within)\s+(.+)$/i, ([where]) => looks(where!)],
  [/^what(?:'s| is)? here$/i, () => ({ kind: "list", path: null })],
  [/^what\s+does\s+(.+?)\s+(?:contain|say|hold|look like|have)$/i, ([where]) => looks(where!)],
  [
    /^(?:list|show(?: me)?|give me|print|display)\s+(?:all\s+)?(?:of\s+)?(?:the\s+)?(?:files?|contents?|folders?|listing|everything)(?:\s+(?:and\s+(?:files|folders)\s+)?(?:that are\s+)?(?:in|inside|under|of|within)\s+(.+)|\s+here)?$/i,
    ([where]) => (where === "" ? { kind: "list", path: null } : looks(where!)),
  ],
  [/^list\s+(?:the\s+)?(.+)$/i, ([where]) => ({ kind: "list", path: place(where!) })],
  [
    /^(?:read|show|open|print|display|cat|view|head|look at|summari[sz]e|see)\s+(?:me\s+)?(?:the\s+)?(?:(?:contents?|beginning|start|top|first (?:few )?lines|text)\s+of\s+)?(.+)$/i,
    ([where]) => (here.test(value(where!)) ? { kind: "list", path: null } : aPath(where!)),
  ],
];

/** A file or a folder by the look of its name; the tool's answer tells in the end. */
function looks(where: string): Step {
  const name = place(where);
  return name !== null && fileLike.test(name) ? { kind: "read", path: name } : { kind: "list", path: name };
}

/** "show me the way" names no file. */
function aPath(where: string): Step | null {
  const name = path(where);
  const quoted = /^["'`“]/.test(where.trim());
  const says = new RegExp(`\\b(?:file|${folder})\\b`, "i").test(where);
  return quoted || says || !/\s/.test(name) ? looksReadable(name, where) : null;
}

const looksReadable = (name: string, where: string): Step =>
  new RegExp(`\\b${folder}\\b`, "i").test(where) && !fileLike.test(name)
    ? { kind: "list", path: name }
    : { kind: "read", path: name };

/** A command has to look like one: "run the tests" says no command. */
function runs(text: string): Step | null {
  const command = value(text);
  return /^(?:the|my|our|all|some|a|an|it|this|that)\b/i.test(command) ? null : { kind: "run", command };
}

export const shellWord = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const politeBefore =
  /^(?:(?:please|hey|hi|hello|ok|okay|now|first|then|next|finally|and|so|can you|could you|would you|will you|i want you to|i'd like you to|let's|let us|just|kindly)[\s,]+)+(?=\S)/i;
const politeAfter = /[\s,]+(?:please|for me|thanks|thank you)(?=[.!?]*$)/i;

function parse(text: string): Step | null {
  const bare = text.trim().replace(politeBefore, "").replace(politeAfter, "").trim();
  // A file called `a.` is rare; a sentence that ends is not.
  const ended = bare.replace(/(?<=[\w)\]"'`”’])\s*[.?!]+$/, "");
  for (const [expression, build] of phrases) {
    const found = expression.exec(ended);
    const step = found === null ? null : build(found.slice(1).map((group) => group ?? ""));
    if (step !== null) return step;
  }
  return null;
}

/** The steps of a prompt, in order. A "then" only parts what makes sense on both sides of it. */
export function parseRequest(prompt: string): Step[] {
  if (prompt.length > maxPrompt) return [{ kind: "unknown", text: prompt.slice(0, 60) }];
  const joints = /[,;.]?\s+(?:and\s+)?(?:then|afterwards|after that)[\s,]+|\n+(?:\s*(?:\d+[.)]|[-*])\s+)?/gi;
  for (const joint of prompt.matchAll(joints)) {
    const before = prompt.slice(0, joint.index);
    const after = prompt.slice(joint.index + joint[0].length);
    if (isOpenQuote(before) || before.trim() === "" || after.trim() === "") continue;
    const first = parse(before.replace(/^\s*(?:\d+[.)]|[-*])\s+/, ""));
    const rest = first === null ? [] : parseRequest(after);
    if (first !== null && rest.every((step) => step.kind !== "unknown")) return [first, ...rest];
  }
  return [parse(prompt) ?? { kind: "unknown", text: prompt.trim() }];
}

/** Whether a text ends inside of a quotation; an apostrophe within a word opens none. */
function isOpenQuote(text: string): boolean {
  const marks = text.replace(/(?<=\w)'(?=\w)/g, "").match(/["`]|(?<!\w)'|'(?!\w)/g) ?? [];
  let open: string | null = null;
  for (const mark of marks) open = open === null ? mark : open === mark ? null : open;
  return open !== null;
}
