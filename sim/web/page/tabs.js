/** Tabs: one shown at a time, by click and by arrow keys. */

const KEY = "cocreate-tab";

/**
 * @typedef {object} Tabs
 * @property {(id: string) => void} show shows a tab
 * @property {(id: string, isThere: boolean) => void} offer a tab that is there only sometimes
 */

/**
 * Makes the tabs work; calls after another one is shown.
 * @param {() => void} changed
 * @returns {Tabs}
 */
export function watchTabs(changed) {
  const tabs = /** @type {HTMLButtonElement[]} */ (Array.from(document.querySelectorAll("[role=tab]")));
  let wanted = sessionStorage.getItem(KEY);
  /** @param {HTMLButtonElement} chosen */
  const show = (chosen) => {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !isChosen;
    }
    document.body.dataset["tab"] = chosen.id;
    sessionStorage.setItem(KEY, chosen.id);
    changed();
  };
  /** @param {HTMLButtonElement} tab */
  const choose = (tab) => {
    wanted = tab.id;
    show(tab);
  };
  tabs.forEach((tab) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (!by) return;
      const there = tabs.filter((each) => !each.hidden);
      const next = there[(there.indexOf(tab) + by + there.length) % there.length];
      next.focus();
      choose(next);
    });
  });
  const named = (/** @type {string | null} */ id) => tabs.find((tab) => tab.id === id && !tab.hidden);
  show(named(wanted) ?? tabs[0]);
  return {
    show: (id) => choose(named(id) ?? tabs[0]),
    offer: (id, isThere) => {
      const tab = tabs.find((each) => each.id === id);
      if (!tab || tab.hidden !== isThere) return;
      tab.hidden = !isThere;
      if (isThere && wanted === id) show(tab);
      if (!isThere && tab.getAttribute("aria-selected") === "true") show(tabs[0]);
    },
  };
}
