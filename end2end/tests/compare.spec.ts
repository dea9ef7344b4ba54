import { problems } from "../support/axe.ts";
import { expect, test, visit } from "../support/test.ts";
import type { Api } from "../support/api.ts";

async function three(api: Api) {
  const id = await api.experiment("compared");
  const of = (name: string, lr: string, loss: number[]) => api.run(id, name, { params: { lr, depth: "3" }, metrics: { loss } });
  return [await of("a", "0.1", [3, 2]), await of("b", "0.2", [3, 1]), await of("c", "0.1", [3, 2.5])];
}

test("runs ticked in the table are compared side by side", async ({ page, api }) => {
  const runs = await three(api);
  await visit(page, `/experiments/${runs[0].experiment}`);
  await expect(page.getByRole("button", { name: "Compare" })).toBeDisabled();
  for (const name of ["a", "b", "c"]) await page.getByLabel(`Select ${name}`, { exact: true }).check();
  await page.getByRole("link", { name: "Compare" }).click();
  await expect(page).toHaveURL(new RegExp(runs.map((run) => run.uuid).join(",")));
  const table = page.getByRole("region", { name: "Runs side by side" });
  await expect(table.getByRole("row", { name: /differs: lr/ })).toContainText("0.2");
  await expect(table.getByRole("row", { name: /^depth/ })).toBeVisible();
  await expect(table.getByRole("row", { name: /loss/ })).toContainText("−50.0 %");
  await page.getByRole("link", { name: "Only differences" }).click();
  await expect(table.getByRole("row", { name: /^depth/ })).toHaveCount(0);
  await page.reload();
  await expect(table.getByRole("row", { name: /^depth/ })).toHaveCount(0);
});

test("curves lie over each other, and a run keeps its colour when another leaves", async ({ page, api }) => {
  const runs = await three(api);
  await visit(page, `/compare?runs=${runs.map((run) => run.uuid).join(",")}`);
  const colors = () =>
    page.locator(".legend li").evaluateAll((items) =>
      Object.fromEntries(items.map((item) => [item.textContent, item.querySelector(".swatch")!.className])),
    );
  await expect(page.locator(".chart-drawing polyline[stroke-width='6']")).toHaveCount(3);
  const before = await colors();
  expect(new Set(Object.values(before)).size).toBe(3);
  await page.getByRole("link", { name: "Remove c" }).click();
  await expect(page.locator(".legend li")).toHaveCount(2);
  const after = await colors();
  expect(after).toEqual({ a: before.a, b: before.b });

  const layer = page.locator(".chart-layer").first();
  const box = (await layer.boundingBox())!;
  await page.mouse.move(box.x + box.width - 14, box.y + 60);
  await expect(page.locator(".chart-tip li")).toHaveText([/a.*2/, /b.*1/]);
});

test("without runs the page says how to select some", async ({ page }) => {
  await visit(page, "/compare");
  await expect(page.getByText("No runs are selected.")).toBeVisible();
});

test("what differs from a baseline is shown in full, with files", async ({ page, api }) => {
  const runs = await three(api);
  for (const run of runs.slice(0, 2)) await api.upload(run, "train.log");
  await visit(page, `/compare?runs=${runs.map((run) => run.uuid).join(",")}`);
  await page.getByRole("link", { name: "In full" }).click();
  await expect(page.getByRole("heading", { name: "Differences in full" })).toBeVisible();
  const loss = page.getByRole("region", { name: "Runs side by side" }).getByRole("row", { name: /^loss/ });
  await expect(loss).toContainText("−50.0 % better");
  await page.getByRole("link", { name: /loss: lower is better/ }).click();
  await expect(loss).toContainText("−50.0 % worse");
  await page.getByRole("link", { name: "b: as baseline" }).click();
  await expect(page.getByRole("columnheader", { name: /^b/ })).toContainText("baseline");
  await page.getByLabel("A file that several of them have").selectOption("train.log");
  await page.getByRole("button", { name: "Compare" }).click();
  await expect(page.getByText("The same as the baseline's.")).toBeVisible();
  await expect(page.getByText("It has no such file.")).toBeVisible();
  await expect(loss, "what was said of the metric is kept").toContainText("+100 % better");
  expect(await problems(page)).toEqual([]);
});
