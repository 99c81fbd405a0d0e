const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/**
 * Writes an exact decimal in its one canonical form: no plus, no leading or trailing zeros, no minus zero. `"007.50"` becomes `"7.5"`.
 * @returns null when the text is not a plain decimal (exponents, separators, spaces and NaN are not)
 */
export function canonicalDecimal(text: string): string | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const magnitude = fraction === '' ? whole : `${whole}.${fraction}`;
  return match[1] === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}
