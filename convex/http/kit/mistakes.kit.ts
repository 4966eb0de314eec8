/** The mistakes in a contract that the compiler finds. Its error shows each as a sentence. */
import type { Docs, Method, PathNames, Spec } from "./contract.kit";
import type { EmptyStatus, Normalized, Status } from "./replies.kit";
import type { CachePolicy } from "./routeOptions.kit";

/** The keys of a record, or of the record that a function returns. */
type KeysOf<T> = T extends (...args: never) => infer Result ? keyof Result : keyof T;
type ParamsOf<S> = S extends { params: infer P } ? KeysOf<P> : never;
type RepliesIn<S extends Spec> = ReturnType<S["docs"]>["replies"];
type KindAt<S extends Spec, At> = At extends keyof RepliesIn<S>
  ? Normalized<RepliesIn<S>[At]>["kind"]
  : never;
type StreamAt<S extends Spec, At> = At extends At
  ? KindAt<S, At> & ("ndjson" | "events") extends never
    ? never
    : At
  : never;
type FilledAt<S extends Spec, At> = At extends At
  ? Exclude<KindAt<S, At>, "empty"> extends never
    ? never
    : At
  : never;

/** The mistakes in a contract, each as a sentence. */
type Mistakes<M extends Method, Path extends string, S extends Spec> =
  | OptionMistakes<M, S>
  | `A contract has no option ${Exclude<keyof S, keyof Spec> & string}`
  | `The docs of a contract have no option ${Exclude<keyof ReturnType<S["docs"]>, keyof Docs> & string}`
  | `${Exclude<keyof RepliesIn<S>, Status> & number} is not a status that a contract can declare`
  | `The status ${FilledAt<S, EmptyStatus> & number} has no body, so its reply is null`
  | (M extends "get" ? never : `Only GET can answer ${keyof RepliesIn<S> & (206 | 304)}`)
  | `A stream has the status 200, not ${Exclude<StreamAt<S, keyof RepliesIn<S>>, 200> & number}`
  | (S extends { conditional: true }
      ? StreamAt<S, 200> extends never
        ? never
        : "A stream has no ETag, so it cannot be conditional"
      : never)
  | `The path ${Path} has the name ${Exclude<PathNames<Path>, ParamsOf<S>>}, which params lacks`
  | `The path ${Path} has no name ${Exclude<ParamsOf<S>, PathNames<Path>> & string}, which params has`
  | (Path extends `${string}/*` ? `The rest of the path ${Path} needs a name, such as *file` : never)
  | (Path extends `${string}/*${string}/${string}`
      ? `The path ${Path} has * before its last segment`
      : never);
/** `unknown` for a contract without mistakes. */
export type Checked<M extends Method, Path extends string, S extends Spec> = [Mistakes<M, Path, S>] extends [
  never,
]
  ? unknown
  : Mistakes<M, Path, S>;

/** The names of the general buckets, which a route cannot use for its own bucket. */
type GeneralBucket = "key" | "user" | "address";

/** Whether a number that is known to the compiler is not a whole number of at least 1. */
type NotPositive<N> = N extends number
  ? `${N}` extends "0" | `-${string}` | `${string}.${string}`
    ? N
    : never
  : never;
type Negative<N> = N extends number
  ? `${N}` extends `-${string}` | `${string}.${string}`
    ? N
    : never
  : never;
type At<T, Name extends string> = T extends { [K in Name]: infer Value } ? Value : never;

/** The mistakes in the options of a route, each as a sentence. */
type OptionMistakes<M, S> =
  | (S extends { claims: true; scope: null }
      ? "A public route has no caller, so it has no claims: remove claims or set a scope"
      : never)
  | (S extends { timeoutMs: infer N } ? Sentence<"timeoutMs", NotPositive<N>> : never)
  | (S extends { rateLimit: infer L }
      ? | Sentence<"rateLimit.perMinute", NotPositive<At<L, "perMinute">>>
        | Sentence<"rateLimit.cost", NotPositive<At<L, "cost">>>
        | `rateLimit has no option ${Exclude<keyof L, "bucket" | "perMinute" | "cost"> & string}`
        | (At<L, "bucket"> extends infer B extends GeneralBucket
            ? `The bucket ${B} is the general one: name another bucket`
            : never)
        | (S extends { unlimited: true } ? "unlimited switches rateLimit off: remove one of them" : never)
      : never)
  | (S extends { cache: infer C }
      ? | WholeSentence<"cache.maxAge", Negative<At<C, "maxAge">>>
        | WholeSentence<"cache.staleWhileRevalidate", Negative<At<C, "staleWhileRevalidate">>>
        | `cache has no option ${Exclude<keyof C, keyof CachePolicy> & string}`
        | (S extends { secret: true }
            ? "A reply with a secret must not be cached: remove cache or secret"
            : never)
        | (M extends "get" ? never : `cache is for GET, not for ${Uppercase<M & string>}`)
      : never);
type Sentence<
  Name extends string,
  N extends number,
> = `${Name} is ${N}, but it must be a whole number of at least 1`;
type WholeSentence<
  Name extends string,
  N extends number,
> = `${Name} is ${N}, but it must be a whole number of seconds`;
