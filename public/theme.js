// The reader's theme, before the first paint; and the button that changes it, on pages without WebAssembly.
(function (root) {
  try {
    var kept = localStorage.getItem("theme");
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  } catch (error) {}
  addEventListener("click", function (event) {
    if (!event.target.closest("button.theme")) return;
    var isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch (error) {}
  });
})(document.documentElement);
