/**
 * `EventTarget` as in Convex's runtime (`npm-packages/udf-runtime/src/02_event.ts` of get-convex/convex-backend): `dispatchEvent`
 * throws the error of a listener, and calls no further listeners. Node calls the others and throws the error in a later turn of the
 * event loop, where the function cannot catch it.
 */

type Listener = EventListenerOrEventListenerObject;

/** The functions that Node calls for the listeners of functions. Adding a listener twice must add the same function. */
const wrappers = new WeakMap<Listener, EventListener>();
const failures = new WeakMap<Event, { readonly error: unknown }>();

export class FunctionEventTarget extends EventTarget {
  override addEventListener(
    type: string,
    listener: Listener | null,
    options?: AddEventListenerOptions | boolean,
  ): void {
    if (listener !== null) super.addEventListener(type, wrapperOf(listener), options);
  }

  override removeEventListener(
    type: string,
    listener: Listener | null,
    options?: EventListenerOptions | boolean,
  ): void {
    if (listener !== null) super.removeEventListener(type, wrapperOf(listener), options);
  }

  /** @throws the error of a listener. */
  override dispatchEvent(event: Event): boolean {
    const accepted = super.dispatchEvent(event);
    const failure = failures.get(event);
    if (failure === undefined) return accepted;
    failures.delete(event);
    throw failure.error;
  }
}

function wrapperOf(listener: Listener): EventListener {
  let wrapper = wrappers.get(listener);
  if (wrapper === undefined) {
    wrapper = function (this: unknown, event) {
      try {
        // The result is not returned, because Node would handle the rejection of a promise.
        if (typeof listener === "function") listener.call(this as EventTarget, event);
        else listener.handleEvent(event);
      } catch (error) {
        failures.set(event, { error });
        event.stopImmediatePropagation();
      }
    };
    wrappers.set(listener, wrapper);
  }
  return wrapper;
}
