/** Merges sorted sequences into one, lazily. */
export function* mergeSorted<T>(sequences: readonly Iterator<T>[], by: (item: T) => number): Generator<T> {
  const heads = sequences.flatMap((sequence) => headOf(sequence));
  for (;;) {
    let least = heads[0];
    for (const head of heads) if (least === undefined || by(head.item) < by(least.item)) least = head;
    if (least === undefined) return;
    yield least.item;
    heads.splice(heads.indexOf(least), 1, ...headOf(least.rest));
  }
}

function headOf<T>(sequence: Iterator<T>): { item: T; rest: Iterator<T> }[] {
  const next = sequence.next();
  return next.done === true ? [] : [{ item: next.value, rest: sequence }];
}
