/**
 * What many subscribers are told, serialised once. Each protocol adds to it, once as well, what it needs to send it: the bytes are the same
 * for everybody, only what stands before them differs.
 */
export class Message {
  readonly #forms = new Map<object, unknown>();

  /** @param payload the answer or the errors, as JSON */
  constructor(readonly payload: string) {}

  /** What a protocol makes of the payload. @param make the protocol's own function, always the same one, so that it is asked once */
  form<Form>(make: (payload: string) => Form): Form {
    const known = this.#forms.get(make);
    // Kept under the function that made it, so it has its type.
    if (known !== undefined) return known as Form;
    const form = make(this.payload);
    this.#forms.set(make, form);
    return form;
  }
}
