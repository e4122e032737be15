/** The words of a line as quotes and backslashes divide it, nothing else looked at; null where a quote is not closed. */
export function shellWords(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (/[ \t\n]/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (letter === "#" && word === null) {
      const end = line.indexOf("\n", at);
      if (end < 0) break;
      at = end;
    } else if (letter === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) return null;
      word = (word ?? "") + line.slice(at + 1, end);
      at = end;
    } else if (letter === '"') {
      let text = "";
      for (at++; line[at] !== '"'; at++) {
        if (at >= line.length) return null;
        const escaped = line[at] === "\\" && '$`"\\\n'.includes(line[at + 1] ?? " ");
        if (escaped) at++;
        if (!escaped || line[at] !== "\n") text += line[at];
      }
      word = (word ?? "") + text;
    } else if (letter === "\\") {
      if (++at >= line.length) return null;
      word = (word ?? "") + (line[at] === "\n" ? "" : line[at]!);
    } else {
      word = (word ?? "") + letter;
    }
  }
  if (word !== null) words.push(word);
  return words;
}
