/** A type with what is branded in it as plain text: tests write what a parser makes. */
export type Plain<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T;

/** Values as a parser makes them, of their plain text. */
export const asTold = <T>(plain: Plain<T>): T => plain as T;
