/** The lines that enclose what one part of the bench has written into a document, so that it replaces that and nothing else. */
const begin = (part: string): string => `<!-- measured: ${part} -->`;
const end = (part: string): string => `<!-- end of ${part} -->`;

/**
 * A document with what a part has measured: in place of what the part wrote before, else at the end.
 * @param document in Markdown; empty when there is none yet
 * @param part a word
 * @throws Error when only one of the two lines that enclose the part is there, or they are the wrong way round
 */
export function replaceMeasured(document: string, part: string, measured: string): string {
  const [from, to] = [document.indexOf(begin(part)), document.indexOf(end(part))];
  const enclosed = `${begin(part)}\n${measured.trim()}\n\n${end(part)}`;
  if (from === -1 && to === -1) return `${document.trim()}\n\n${enclosed}\n`.trimStart();
  if (from !== -1 && to > from) return document.slice(0, from) + enclosed + document.slice(to + end(part).length);
  throw new Error(`the document needs "${begin(part)}" and after it "${end(part)}", or neither`);
}
