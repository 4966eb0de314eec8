import { fail, failField } from "../lib/failure.lib";
import { decodeUtf8 } from "../lib/json.lib";

const [PLUS, PERCENT, SPACE] = [0x2b, 0x25, 0x20];

/**
 * Returns the field `payload` of an `application/x-www-form-urlencoded` body. Refuses a body without the field or with a value
 * that is not percent-encoded UTF-8. It decodes bytes in place, because replacing text in a 4 MiB string needs many times the
 * string's memory.
 */
export function payloadOfForm(body: string): string {
  const value = /(?:^|&)payload=([^&]*)/.exec(body)?.[1];
  if (value === undefined) return failField({ in: "body", path: "payload", message: "is required" });
  const bytes = new TextEncoder().encode(value);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte !== PERCENT) {
      bytes[length++] = byte === PLUS ? SPACE : byte;
      continue;
    }
    const [high, low] = [hexDigit(bytes[at + 1]), hexDigit(bytes[at + 2])];
    if (high < 0 || low < 0) return invalid();
    bytes[length++] = high * 16 + low;
    at += 2;
  }
  return decodeUtf8(bytes.subarray(0, length), true) ?? invalid();
}

/** Returns the value of a hexadecimal digit in ASCII, or -1. */
function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function invalid(): never {
  return fail("invalid_json", "Invalid JSON body");
}
