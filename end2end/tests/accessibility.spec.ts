import { problems } from "../support/axe.ts";
import type { Api, Run } from "../support/api.ts";
import { expect, runPath, test, visit } from "../support/test.ts";

const WIDTHS = [1440, 390];
const THEMES = ["light", "dark"] as const;

async function pages(api: Api): Promise<string[]> {
  const wine = await api.demo("Wine cultivars");
  const svcs: Run[] = await api.search(wine, "run_name LIKE 'SVC%'");
  const digits = await api.demo("Handwritten digits");
  const [trained] = await api.search(digits, "run_name LIKE 'network 64-32%'");
  const [running] = await api.search(digits, "status = 'RUNNING'");
  const files = await api.run(await api.experiment("axe"), "axe");
  for (const fixture of ["train.log", "scores.csv", "findings.md", "curve.png"]) await api.upload(files, fixture);
  return [
    "/experiments",
    "/experiments?q=nothing-like-it",
    "/experiments?view=deleted",
    "/experiments?q=name%20==%20'x'",
    `/experiments/${wine}`,
    `/experiments/${wine}?pins=metrics.accuracy&order=metrics.accuracy:desc`,
    `/experiments/${wine}?group=model`,
    `/experiments/${wine}?filter=metrics.a%20==%201`,
    `/experiments/${await api.experiment("axe")}`,
    runPath(trained),
    runPath(trained, "charts"),
    `${runPath(trained, "charts")}?metric=train_loss&smooth=0.6&log=1`,
    runPath(running),
    runPath(running, "system"),
    runPath(files, "artifacts"),
    ...["train.log", "scores.csv", "findings.md", "curve.png"].map((path) => `${runPath(files, "artifacts")}?path=${path}`),
    `/compare?runs=${svcs.map((run) => run.uuid).join(",")}`,
    "/compare",
    "/nothing/here",
  ];
}

for (const width of WIDTHS) {
  for (const colorScheme of THEMES) {
    test(`no page has an accessibility problem, ${colorScheme} at ${width} pixels`, async ({ page, api }) => {
      test.setTimeout(180_000);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      for (const path of await pages(api)) {
        await test.step(path, async () => {
          await visit(page, path);
          expect(await problems(page)).toEqual([]);
        });
      }
    });
  }
}

for (const colorScheme of THEMES) {
  test(`no dialog has an accessibility problem, ${colorScheme}`, async ({ page, api }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const wine = await api.demo("Wine cultivars");
    for (const button of ["Columns", "Rename", "Delete experiment", "Tags"]) {
      await visit(page, `/experiments/${wine}`);
      await page.getByRole("button", { name: button }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      expect(await problems(page), button).toEqual([]);
    }
    await visit(page, `/experiments/${wine}`);
    await page.getByRole("combobox", { name: "Filter" }).pressSequentially("me");
    await expect(page.getByRole("listbox")).toBeVisible();
    expect(await problems(page)).toEqual([]);
  });
}
