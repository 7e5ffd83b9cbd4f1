/**
 * What runs in the browser: it keeps the page up to date. The server says by `/api/v1/events` that something changed; then
 * the same address is read again, and what differs is put into the page as it stands, so that focus, scroll position,
 * selection, open parts and what is being typed stay. Nothing of that is read out: only the status lines are live
 * regions.
 */
export const SCRIPT = `"use strict";
(() => {
  // Ages on the page grow without a change.
  const REFRESH_AFTER = 10_000;
  const RECONNECT_AFTER = 5_000;
  const NOTICE_FOR = 60_000;
  const live = document.getElementById("live");
  if (live === null || !("EventSource" in window)) return;

  const say = (isLive) => {
    const text = isLive ? "Live" : "Not connected: this is how it was";
    live.classList.toggle("lost", !isLive);
    if (live.textContent !== text) live.textContent = text;
  };

  // A notice is of the action before, not of the address: it stays for a while, and is gone when the page is loaded again.
  const notice = document.getElementById("notice");
  if (notice !== null) {
    const address = new URL(location.href);
    for (const name of ["done", "count", "failed"]) address.searchParams.delete(name);
    history.replaceState(history.state, "", address);
    setTimeout(() => notice.remove(), NOTICE_FOR);
  }

  const isControl = (node) => node instanceof HTMLInputElement || node instanceof HTMLSelectElement;
  const keyOf = (node) => node instanceof Element ? node.id || node.dataset.key || "" : "";
  const isSame = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

  const isInUse = (control) => {
    if (control === document.activeElement) return true;
    if (control instanceof HTMLInputElement) return control.type !== "hidden" && control.value !== control.defaultValue;
    return [...control.options].some((option) => option.selected !== option.defaultSelected);
  };

  const update = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.dataset.keep !== undefined || isControl(old) && isInUse(old)) return;
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name === "open" && old.nodeName === "DETAILS") continue;
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    updateChildren(old, fresh);
  };

  const updateChildren = (old, fresh) => {
    const coming = new Set([...fresh.childNodes].map(keyOf));
    const keyed = new Map([...old.children].map((child) => [keyOf(child), child]).filter(([key]) => key !== ""));
    const move = "moveBefore" in old ? "moveBefore" : "insertBefore";
    let place = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      const key = keyOf(next);
      while (place !== null && keyOf(place) !== "" && !coming.has(keyOf(place))) {
        const gone = place;
        place = place.nextSibling;
        gone.remove();
      }
      const known = key === "" ? place : keyed.get(key);
      if (known === null || known === undefined || !isSame(known, next)) {
        old.insertBefore(document.importNode(next, true), place);
      } else if (known === place) {
        place = place.nextSibling;
        update(known, next);
      } else {
        old[move](known, place);
        update(known, next);
      }
    }
    while (place !== null) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  };

  let isReading = false;
  let isStale = false;
  let timer;

  const refresh = async () => {
    if (document.hidden) return;
    if (isReading) return isStale = true;
    isReading = true;
    isStale = false;
    clearTimeout(timer);
    const begun = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      // Logged out meanwhile, or shown elsewhere by now.
      if (answer.redirected) return location.reload();
      if (answer.status >= 500) throw new Error(answer.statusText);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (document.title !== fresh.title) document.title = fresh.title;
      if (notice?.isConnected) fresh.getElementById("main")?.prepend(notice.cloneNode(true));
      updateChildren(document.body, fresh.body);
      if (source?.readyState === EventSource.OPEN) say(true);
    } catch {
      say(false);
    }
    isReading = false;
    // A page that takes long to draw is drawn less often.
    const pause = Math.min(5_000, 10 * (performance.now() - begun));
    timer = setTimeout(refresh, isStale ? pause : REFRESH_AFTER);
  };

  let source;
  let retry;

  // A page in the background holds no connection: a browser has six of them for all its pages.
  const follow = () => {
    clearTimeout(retry);
    source?.close();
    source = undefined;
    if (document.hidden) return clearTimeout(timer);
    source = new EventSource("/api/v1/events");
    source.addEventListener("open", () => {
      say(true);
      refresh();
    });
    source.addEventListener("change", refresh);
    source.addEventListener("error", () => {
      say(false);
      if (source?.readyState === EventSource.CLOSED) retry = setTimeout(follow, RECONNECT_AFTER);
    });
  };

  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
})();
`;
