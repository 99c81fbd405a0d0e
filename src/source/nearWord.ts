/**
 * The word that was probably meant: the nearest one, when no more than a third of the letters has to be changed, or two.
 * @param known in the order in which they are preferred
 * @returns null when none is near
 */
export function findNear(written: string, known: readonly string[]): string | null {
  const most = Math.max(2, Math.floor(written.length / 3));
  let [nearest, least]: [string | null, number] = [null, most + 1];
  for (const word of known) {
    if (Math.abs(word.length - written.length) >= least) continue;
    const distance = distanceOf(written, word);
    if (distance < least) [nearest, least] = [word, distance];
  }
  return nearest;
}

/** Edits between two words, capital letters ignored. */
function distanceOf(left: string, right: string): number {
  const [from, to] = [left.toLowerCase().slice(0, 60), right.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 0; at < to.length; at += 1) {
      const replaced = (row[at] ?? 0) + (letter === to[at] ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
