/** A few requests at a time; what is looked at goes first. */

export class Queue {
  #free;
  #waiting = [];

  constructor(width) {
    this.#free = width;
  }

  /**
   * Do a task when its turn comes.
   *
   * @param {() => Promise} task
   * @param {{signal: AbortSignal, urgent: () => boolean}} options `urgent` is asked whenever a place is free.
   */
  add(task, { signal, urgent }) {
    return new Promise((done, failed) => {
      const entry = { task, urgent, done, failed };
      entry.leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        failed(signal.reason);
      };
      entry.start = () => signal.removeEventListener("abort", entry.leave);
      if (signal.aborted) {
        failed(signal.reason);
        return;
      }
      signal.addEventListener("abort", entry.leave, { once: true });
      this.#waiting.push(entry);
      this.#next();
    });
  }

  #next() {
    if (!this.#free || !this.#waiting.length) return;
    const entry = this.#waiting.find((each) => each.urgent()) ?? this.#waiting[0];
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    entry.start();
    this.#free -= 1;
    entry
      .task()
      .then(entry.done, entry.failed)
      .finally(() => {
        this.#free += 1;
        this.#next();
      });
  }
}

/** Wait some seconds, unless there is nothing to wait for any more. */
export function pause(seconds, signal) {
  return new Promise((done, failed) => {
    const stop = () => {
      clearTimeout(timer);
      failed(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      done();
    }, seconds * 1000);
    signal.addEventListener("abort", stop, { once: true });
  });
}
