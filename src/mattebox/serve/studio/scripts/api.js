/** The server: what it can do, and one call that cuts out a picture. */

/** What the server, or the way to it, refused. */
export class Failure extends Error {
  /**
   * @param {string} code of the server's refusals, or the page's own: `offline`, `no_key`, or of a file.
   * @param {{status?: number, title?: string, wait?: number|null}} more `wait`: seconds after which to ask again.
   */
  constructor(code, { status = 0, title = "", wait = null } = {}) {
    super(title || code);
    Object.assign(this, { code, status, title, wait });
  }

  get asksForKey() {
    return this.code === "no_key" || this.code === "auth_failed";
  }
}

async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Failure("offline", { status: answer.status });
  return answer.json();
}

/** Everything that the page needs to know of the server, asked once. */
export async function meet() {
  const [about, models, presets] = await Promise.all(["v1/about", "v1/models", "v1/presets"].map(read));
  const finders = models.models.filter((model) => model.task === "segment");
  return { ...about, models: finders, presets: presets.presets };
}

/** Send one form to `/v1/cutouts`; the answer is a picture with its headers. */
export function cut(form, { key, signal, sent = () => {} }) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest(); // fetch cannot tell how much has been sent
    const stop = () => request.abort();
    request.open("POST", "v1/cutouts");
    request.responseType = "blob";
    if (key) request.setRequestHeader("X-API-Key", key);
    request.upload.addEventListener("progress", (event) => sent(event.total ? event.loaded / event.total : 0));
    request.upload.addEventListener("load", () => sent(1));
    request.addEventListener("load", () => answer(request).then(done, failed));
    request.addEventListener("error", () => failed(new Failure("offline")));
    request.addEventListener("abort", () => failed(signal.reason));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", stop));
    if (signal.aborted) {
      failed(signal.reason);
      return;
    }
    signal.addEventListener("abort", stop);
    request.send(form);
  });
}

async function answer(request) {
  if (request.status === 200) return { blob: request.response, header: (name) => request.getResponseHeader(name) };
  const told = request.getResponseHeader("Retry-After");
  const { code, title } = await firstError(request);
  throw new Failure(code, {
    status: request.status,
    title,
    wait: told === null ? null : Math.max(1, Number(told) || 1),
  });
}

/** The first error of an answer; one that is not the server's own is that of a proxy which may not reach it. */
async function firstError({ response, status }) {
  try {
    return JSON.parse(await response.text()).errors[0];
  } catch {
    return { code: [502, 503, 504].includes(status) ? "offline" : "unknown" };
  }
}

/** Whether the server takes work. */
export const isReady = () =>
  fetch("readyz").then(
    (answer) => answer.ok,
    () => false,
  );
