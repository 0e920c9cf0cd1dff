const SAID_MS = 2_000;

/** `<button data-copy="id">` copies the text of what has this id, and says so. */
export function copyOnClick(): void {
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLButtonElement>("button[data-copy]") : null;
    const source = button && document.getElementById(button.dataset.copy!);
    if (!button || !source) return;
    const label = button.textContent;
    void navigator.clipboard.writeText(source.textContent.trim()).then(() => {
      button.textContent = button.dataset.copied ?? label;
      setTimeout(() => {
        button.textContent = label;
      }, SAID_MS);
    });
  });
}
