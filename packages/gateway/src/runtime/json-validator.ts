/** What of a JSON text has to come next. */
const VALUE = 0;
const VALUE_OR_END = 1;
const NAME_OR_END = 2;
const NAME = 3;
const COLON = 4;
const AFTER_VALUE = 5;
const IN_STRING = 6;
const ESCAPED = 7;
const HEX = 8;
const WORD = 9;
const MINUS = 10;
const ZERO = 11;
const INTEGER = 12;
const POINT = 13;
const FRACTION = 14;
const EXPONENT = 15;
const EXPONENT_SIGN = 16;
const EXPONENT_DIGITS = 17;
const BROKEN = 18;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const codesOf = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const WORDS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), codesOf(word)]));
const ESCAPES: ReadonlySet<number> = new Set(codesOf('"\\/bfnrt'));

/**
 * Says of UTF-8 that comes in pieces whether it is JSON, without building anything of it: what `JSON.parse` would say of the whole,
 * decoded. Faults of the encoding are none of JSON's: they are decoded to U+FFFD, which may stand in a string and nowhere else, as every
 * byte beyond ASCII may.
 */
export class JsonValidator {
  readonly #depthMax: number;
  /** Of each level, whether it is an object; as many bytes as levels were there at once. */
  #levels: Uint8Array;
  #depth = 0;
  #state = VALUE;
  /** The string being read is a member's name. */
  #isName = false;
  #word: number[] = [];
  /** Characters left of a word, or digits left of a `\u`. */
  #left = 0;
  #tooDeep = false;

  /** @param depthMax deepest nesting of arrays and objects */
  constructor(depthMax: number) {
    this.#depthMax = depthMax;
    this.#levels = new Uint8Array(Math.min(depthMax, 64));
  }

  /** It was the nesting, and nothing else, that was too much. */
  get tooDeep(): boolean {
    return this.#tooDeep;
  }

  /** @returns whether it may still become JSON */
  add(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at]!;
      switch (this.#state) {
        case IN_STRING: {
          at = endOfPlain(bytes, at);
          if (at === bytes.length) break;
          const end = bytes[at]!;
          if (end === QUOTE) this.#state = this.#isName ? COLON : AFTER_VALUE;
          else this.#state = end === BACKSLASH ? ESCAPED : BROKEN;
          break;
        }
        case AFTER_VALUE:
          if (code === COMMA && this.#depth > 0) this.#state = this.#levels[this.#depth - 1] ? NAME : VALUE;
          else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.#close(code);
          else if (!isSpace(code)) this.#state = BROKEN;
          break;
        case VALUE:
          if (!isSpace(code)) this.#begin(code);
          break;
        case VALUE_OR_END:
          if (code === CLOSE_BRACKET) this.#close(code);
          else if (!isSpace(code)) this.#begin(code);
          break;
        case NAME_OR_END:
          if (code === CLOSE_BRACE) this.#close(code);
          else this.#beginName(code);
          break;
        case NAME:
          this.#beginName(code);
          break;
        case COLON:
          if (code === 0x3a) this.#state = VALUE;
          else if (!isSpace(code)) this.#state = BROKEN;
          break;
        case ESCAPED:
          if (code === 0x75) {
            this.#state = HEX;
            this.#left = 4;
          } else this.#state = ESCAPES.has(code) ? IN_STRING : BROKEN;
          break;
        case HEX:
          if (!isHex(code)) this.#state = BROKEN;
          else if (--this.#left === 0) this.#state = IN_STRING;
          break;
        case WORD:
          if (code !== this.#word[this.#word.length - this.#left]) this.#state = BROKEN;
          else if (--this.#left === 0) this.#state = AFTER_VALUE;
          break;
        case BROKEN:
          return false;
        default:
          this.#state = afterDigit(this.#state, code);
          // The number was over before this character.
          if (this.#state === AFTER_VALUE) at--;
      }
    }
    return this.#state !== BROKEN;
  }

  /** Nothing more comes: whether all of it was JSON. */
  end(): boolean {
    const isWhole = this.#state === AFTER_VALUE || isWholeNumber(this.#state);
    return isWhole && this.#depth === 0;
  }

  #beginName(code: number): void {
    if (code === QUOTE) {
      this.#isName = true;
      this.#state = IN_STRING;
    } else if (!isSpace(code)) this.#state = BROKEN;
  }

  #begin(code: number): void {
    if (code === QUOTE) {
      this.#isName = false;
      this.#state = IN_STRING;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.#open(code === OPEN_BRACE);
    else if (code === 0x2d) this.#state = MINUS;
    else if (code === 0x30) this.#state = ZERO;
    else if (isDigit(code)) this.#state = INTEGER;
    else this.#beginWord(code);
  }

  #beginWord(code: number): void {
    const word = WORDS.get(code);
    this.#state = word ? WORD : BROKEN;
    if (!word) return;
    this.#word = word;
    this.#left = word.length - 1;
  }

  #open(isObject: boolean): void {
    if (this.#depth === this.#depthMax) {
      this.#tooDeep = true;
      this.#state = BROKEN;
      return;
    }
    if (this.#depth === this.#levels.length) {
      const more = new Uint8Array(Math.min(2 * this.#depth, this.#depthMax));
      more.set(this.#levels);
      this.#levels = more;
    }
    this.#levels[this.#depth++] = isObject ? 1 : 0;
    this.#state = isObject ? NAME_OR_END : VALUE_OR_END;
  }

  #close(code: number): void {
    const isOpen = this.#depth > 0 && (this.#levels[this.#depth - 1] === 1) === (code === CLOSE_BRACE);
    if (isOpen) this.#depth--;
    this.#state = isOpen ? AFTER_VALUE : BROKEN;
  }
}

/** Where a string stops being made of characters that stand for themselves. */
function endOfPlain(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const code = bytes[at]!;
    if (code === QUOTE || code === BACKSLASH || code < 0x20) return at;
  }
  return at;
}

/** The state after one more character of a number, {@link AFTER_VALUE} when it is none of the number's. */
function afterDigit(state: number, code: number): number {
  switch (state) {
    case MINUS:
      return code === 0x30 ? ZERO : isDigit(code) ? INTEGER : BROKEN;
    case ZERO:
    case INTEGER:
      if (state === INTEGER && isDigit(code)) return INTEGER;
      return code === 0x2e ? POINT : isExponent(code) ? EXPONENT : AFTER_VALUE;
    case POINT:
      return isDigit(code) ? FRACTION : BROKEN;
    case FRACTION:
      return isDigit(code) ? FRACTION : isExponent(code) ? EXPONENT : AFTER_VALUE;
    case EXPONENT:
      if (code === 0x2b || code === 0x2d) return EXPONENT_SIGN;
      return isDigit(code) ? EXPONENT_DIGITS : BROKEN;
    case EXPONENT_SIGN:
      return isDigit(code) ? EXPONENT_DIGITS : BROKEN;
    default:
      return isDigit(code) ? EXPONENT_DIGITS : AFTER_VALUE;
  }
}

const isWholeNumber = (state: number): boolean =>
  state === ZERO || state === INTEGER || state === FRACTION || state === EXPONENT_DIGITS;
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isExponent = (code: number): boolean => (code | 32) === 0x65;
const isHex = (code: number): boolean => isDigit(code) || ((code | 32) >= 0x61 && (code | 32) <= 0x66);
