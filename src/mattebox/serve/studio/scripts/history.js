/** What was done to one picture, in the order it was done: choices and strokes alike are taken back and made again. */

export class History {
  #done = [];
  #undone = [];
  #begun;

  /** @param {object} state what the picture begins with; a state is never changed, another one follows it. */
  constructor(state) {
    this.#begun = state;
  }

  get now() {
    return this.#done.at(-1)?.state ?? this.#begun;
  }

  /** The act that would be taken back next, and the one that would be made again. */
  get last() {
    return this.#done.at(-1)?.act;
  }

  get next() {
    return this.#undone.at(-1)?.act;
  }

  /**
   * Let a state follow.
   *
   * @param {object} act what led to it; all that one act does, as a slider on its way, is taken back as one.
   * @param {object} changes of the state before.
   */
  add(act, changes) {
    const state = { ...this.now, ...changes };
    if (this.last === act) this.#done.pop();
    this.#done.push({ act, state });
    this.#undone = [];
  }

  undo() {
    this.#undone.push(this.#done.pop());
  }

  redo() {
    this.#done.push(this.#undone.pop());
  }
}
