/**
 * The form in which emails are compared: ASCII letters in lower case, and nothing else changed. `toLowerCase` would take
 * the Kelvin sign (U+212A) for a k, and so the holder of one address for the holder of another.
 */
export const foldEmail = (email: string): string => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether a text is an email address: the forms that browsers accept (HTML standard), and at most 254 characters. */
export const isEmail = (text: string): boolean => text.length <= 254 && EMAIL.test(text);

// `i` without `u` folds ASCII letters alone: U+212A is no k here.
const EMAIL =
  /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i;
