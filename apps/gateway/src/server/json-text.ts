const [quote, comma] = [0x22, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Where the JSON text that begins at `start` ends: at the quote that no odd number of backslashes stands before. */
export function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text[before - 1] === '\\') before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/**
 * A name that one object of this JSON has twice, however it is spelled: each reader could take another value for it (RFC 7493, 2.3).
 * @param json what a parser has read: nothing else is looked for in it.
 */
export function doubledName(json: string): string | undefined {
  /** Of each object that is open, the names so far; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let names: Set<string> | undefined;
  let isName = false;
  for (let index = 0; index < json.length; index++) {
    const sign = json.charCodeAt(index);
    if (sign === quote) {
      const end = endOfText(json, index);
      if (isName && names) {
        const name = nameOf(json.slice(index, end + 1));
        if (names.has(name)) return name;
        names.add(name);
        isName = false;
      }
      index = end;
    } else if (sign === comma) isName = names !== undefined;
    else if (sign === openBrace || sign === openBracket) {
      names = sign === openBrace ? new Set() : undefined;
      open.push(names);
      isName = true;
    } else if (sign === closeBrace || sign === closeBracket) {
      open.pop();
      names = open.at(-1);
    }
  }
  return undefined;
}

const nameOf = (text: string): string => (text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1));
