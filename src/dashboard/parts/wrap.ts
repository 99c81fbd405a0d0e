const LETTERS = document.createElement('canvas').getContext('2d');

/** Size of the letters of all charts, in pixels. */
export const LETTER_PX = 13;
/** From one line of such letters to the next, in pixels. */
export const LINE_PX = 16;
/** Charts that are narrower have less room for names, and are laid out otherwise. */
export const NARROW_PX = 520;

/** How wide a text of a chart is drawn, in pixels. */
export function widthOf(text: string, weight = 400): number {
  if (LETTERS === null) return text.length * LETTER_PX;
  LETTERS.font = `${weight} ${LETTER_PX}px ${getComputedStyle(document.documentElement).fontFamily}`;
  return Math.ceil(LETTERS.measureText(text).width);
}

/**
 * Breaks a text of a chart between words, so that no name has to be cut.
 * @param most width of a line in pixels; only a single word may be wider
 * @returns the lines, at least one
 */
export function wrap(text: string, most: number, weight = 400): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && widthOf(longer, weight) <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
