import { problems } from "../support/axe.ts";
import { expect, test, visit } from "../support/test.ts";

test("panels are arranged into a view that a colleague opens by its link", async ({ page, api, browser }) => {
  const wine = await api.demo("Wine cultivars");
  await visit(page, `/experiments/${wine}`);
  await page.getByRole("link", { name: "Views", exact: true }).click();
  await page.getByRole("link", { name: "New view" }).click();
  const panels = page.locator(".panel h2");
  await expect(page.getByRole("heading", { name: /^What .* depends on$/ })).toBeVisible();
  const suggested = await panels.allTextContents();

  await page.getByLabel("Name", { exact: true }).fill("Which model wins");
  await page.getByLabel("Notes, in Markdown").fill("The **forest** is enough.");
  await page.getByLabel(/^Shared with/).check();
  await page.getByRole("button", { name: /^Move later: / }).first().click();
  await expect(panels.nth(1)).toHaveText(suggested[0]!);
  await page.getByRole("button", { name: /^Remove: / }).last().click();
  await expect(panels).toHaveCount(suggested.length - 1);
  await page.getByLabel("Kind of chart").selectOption("heatmap");
  await page.getByRole("button", { name: "Add a panel" }).click();
  await expect(panels).toHaveCount(suggested.length);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Which model wins");
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Which model wins" })).toBeVisible();
  const saved = await panels.allTextContents();

  const context = await browser.newContext();
  const colleague = await context.newPage();
  await colleague.goto(page.url());
  await expect(colleague.locator("strong", { hasText: "forest" })).toBeVisible();
  await expect(colleague.locator(".panel h2")).toHaveText(saved);
  expect(await problems(colleague)).toEqual([]);
  await context.close();

  await page.getByText("Delete", { exact: true }).click();
  await page.getByRole("button", { name: "Delete this view" }).click();
  await page.getByRole("button", { name: "Take it back" }).click();
  await expect(page.getByRole("link", { name: "Change", exact: true })).toBeVisible();
});

test("a dot says which run it is and leads to it", async ({ page, api }) => {
  const wine = await api.demo("Wine cultivars");
  await page.goto(`/experiments/${wine}/explore?x=metrics.accuracy&y=metrics.log_loss`);
  const dot = page.locator(".tips a").filter({ has: page.locator("title", { hasText: "naive Bayes" }) });
  await expect(dot.locator("title")).toHaveText(/naive Bayes\s+accuracy: 0\.\d+\s+log_loss: 0\.\d+/);
  await dot.locator("circle").click();
  await expect(page.getByRole("heading", { name: "naive Bayes" })).toBeVisible();
});
