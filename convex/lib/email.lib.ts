/**
 * Returns an email in the form in which emails are compared: only ASCII letters are lower-cased. `toLowerCase` would also
 * turn the Kelvin sign (U+212A) into a k, so two different addresses would compare as equal.
 */
export const foldEmail = (email: string): string => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Returns the part of an email address before the last `@`, which names a user without a name. */
export const localPart = (email: string): string => email.slice(0, email.lastIndexOf("@"));

/** Returns whether a text is an email address as browsers accept it (HTML standard), of at most 254 characters. */
export const isEmail = (text: string): boolean => text.length <= 254 && EMAIL.test(text);

// `i` without `u` folds only ASCII letters, so U+212A does not match a k.
const EMAIL =
  /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i;
