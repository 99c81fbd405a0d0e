import { Buffer } from 'node:buffer';

/** Room at the start, and the most that is kept when a long answer has been taken, in bytes. */
const [FIRST_ROOM, MAX_KEPT] = [256 * 1024, 4 * 1024 * 1024];
/** Longer texts are looked through by a regular expression and encoded by Node, which costs more to start and less per character. */
const SHORT_TEXT = 64;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes, with halves of characters
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;
/** Bytes of the longest number that is not written digit by digit: `-1.2345678901234567e-300`. */
const NUMBER_ROOM = 32;
/** Parts of 1 that the platform's figures are whole numbers of. */
const QUANTUM = 1e12;
/** Decimals of up to 15 digits have a float64 each, so that no other decimal as short is the same number. */
const MAX_EXACT = 1e15;
const [QUOTE, ZERO, MINUS, POINT] = [0x22, 0x30, 0x2d, 0x2e];

/**
 * JSON as bytes, in one piece of memory that is used again and again: a text of many parts costs an object for each, and is then gone through
 * twice more to become bytes. Whoever writes takes what he wrote before anybody else writes; see plan.ts.
 */
export class JsonBytes {
  #bytes = Buffer.allocUnsafeSlow(FIRST_ROOM);
  /** How many bytes are written. */
  length = 0;

  /** Makes room for so many bytes more. */
  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  /** Takes what was written since a length, as a copy. */
  take(from: number): Buffer {
    const taken = Buffer.allocUnsafe(this.length - from);
    this.#bytes.copy(taken, 0, from, this.length);
    this.length = from;
    if (from === 0 && this.#bytes.length > MAX_KEPT) this.#bytes = Buffer.allocUnsafeSlow(FIRST_ROOM);
    return taken;
  }

  /** Writes one character of ASCII, by its code. */
  putByte(byte: number): void {
    if (this.length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  /** Writes bytes that are JSON already; few, since a call for many costs more than they do. */
  putBytes(part: Uint8Array): void {
    const count = part.length;
    this.#reserve(count);
    const bytes = this.#bytes;
    const from = this.length;
    for (let at = 0; at < count; at += 1) bytes[from + at] = part[at] as number;
    this.length = from + count;
  }

  /** Writes a text that is JSON already. */
  putText(text: string): void {
    // A UTF-16 code unit takes 3 bytes at most.
    this.#reserve(text.length * 3);
    this.length += this.#bytes.write(text, this.length, 'utf8');
  }

  /** Writes a text as a string of JSON. */
  putString(text: string): void {
    if (text.length > SHORT_TEXT || !this.#putShort(text)) {
      this.putText(ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);
    }
  }

  /** @returns false = it has something to escape, and nothing is written */
  #putShort(text: string): boolean {
    const count = text.length;
    this.#reserve(count * 3 + 2);
    const bytes = this.#bytes;
    let to = this.length;
    bytes[to++] = QUOTE;
    for (let at = 0; at < count; at += 1) {
      const code = text.charCodeAt(at);
      if (code < 0x80) {
        if (code < 0x20 || code === QUOTE || code === 0x5c) return false;
        bytes[to++] = code;
      } else if (code < 0x800) {
        bytes[to++] = 0xc0 | (code >> 6);
        bytes[to++] = 0x80 | (code & 0x3f);
      } else {
        if (code >= 0xd800 && code <= 0xdfff) return false;
        bytes[to++] = 0xe0 | (code >> 12);
        bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
        bytes[to++] = 0x80 | (code & 0x3f);
      }
    }
    bytes[to++] = QUOTE;
    this.length = to;
    return true;
  }

  /**
   * Writes a finite number as `String` does. Whole numbers, and whole numbers of 1e-12 as scores are, digit by digit: to find the shortest
   * decimal of a float64 costs five times as much.
   */
  putNumber(value: number): void {
    this.#reserve(NUMBER_ROOM);
    const size = value < 0 ? -value : value;
    const whole = Math.floor(size);
    const parts = Math.round(size * QUANTUM);
    // Below 1e-6 `String` writes exponents.
    const isExact = whole === size || (size >= 1e-6 && parts < MAX_EXACT && parts / QUANTUM === size);
    if (!isExact || whole >= 1e9) {
      this.putText(String(value));
      return;
    }
    if (value < 0) this.#bytes[this.length++] = MINUS;
    this.#putDigits(whole);
    if (whole === size) return;
    this.#bytes[this.length++] = POINT;
    const rest = parts - whole * QUANTUM;
    const high = Math.floor(rest / 1e6);
    this.#putSix(high);
    this.#putSix(rest - high * 1e6);
    while (this.#bytes[this.length - 1] === ZERO) this.length -= 1;
  }

  #putDigits(whole: number): void {
    let count = 1;
    for (let limit = 10; whole >= limit; limit *= 10) count += 1;
    let rest = whole | 0;
    for (let at = this.length + count - 1; at >= this.length; at -= 1) {
      const tenth = (rest / 10) | 0;
      this.#bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
  }

  /** Six digits, with zeros in front. */
  #putSix(number: number): void {
    let rest = number | 0;
    for (let at = this.length + 5; at >= this.length; at -= 1) {
      const tenth = (rest / 10) | 0;
      this.#bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += 6;
  }
}
