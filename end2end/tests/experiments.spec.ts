import { expect, isLive, test, visit } from "../support/test.ts";

test("the list shows each experiment with its runs, and opens it", async ({ page }) => {
  await visit(page, "/experiments");
  const row = page.getByRole("row", { name: /Wine cultivars/ });
  await expect(row).toContainText("28");
  await row.getByRole("link", { name: "Wine cultivars" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Wine cultivars" })).toBeVisible();
  await expect(page).toHaveTitle("Wine cultivars · Countersign");
});

test("words search names, comparisons are filters, and the address keeps both", async ({ page }) => {
  await visit(page, "/experiments");
  const search = page.getByRole("searchbox");
  await search.fill("wine");
  await search.press("Enter");
  await expect(page.getByRole("rowheader")).toHaveText(["Wine cultivars"]);
  await search.fill("tags.team = 'chronic care'");
  await search.press("Enter");
  await expect(page.getByRole("rowheader")).toHaveText(["Diabetes progression in a year"]);
  await page.reload();
  await expect(page.getByRole("rowheader")).toHaveText(["Diabetes progression in a year"]);
  await search.fill("no such thing");
  await search.press("Enter");
  await expect(page.getByText("No experiment matches this search.")).toBeVisible();
});

test("a search that can't be read says where and why", async ({ page }) => {
  await page.goto("/experiments?q=name%20%3D%3D%20'x'");
  await expect(page.getByRole("alert")).toContainText("Invalid filter at character 6: unknown operator ==; use =");
});

test("the list sorts by name and the other way round", async ({ page }) => {
  await visit(page, "/experiments?q=tags.priority%20=%20'high'");
  const names = page.getByRole("rowheader");
  await page.getByRole("link", { name: "Name" }).click();
  await expect(page.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
  await expect(names).toHaveText(["Breast cancer screening", "Wine cultivars"]);
  await page.getByRole("link", { name: "Name" }).click();
  await expect(page.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "descending");
  await expect(names).toHaveText(["Wine cultivars", "Breast cancer screening"]);
});

test("an experiment is created, renamed, deleted, and the deletion undone", async ({ page }) => {
  const name = `journey ${Date.now()}`;
  await visit(page, "/experiments");
  await page.getByRole("button", { name: "New experiment" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByText("No runs yet. Log the first one:")).toBeVisible();
  await expect(page.getByRole("region", { name: "In Python" })).toContainText(`mlflow.set_experiment("${name}")`);

  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name", { exact: true }).fill(`${name}, renamed`);
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name}, renamed` })).toBeVisible();

  await page.getByRole("button", { name: "Delete experiment" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText(`${name}, renamed was deleted.`)).toBeVisible();
  await expect(page.locator("#main")).toBeFocused();
  await expect(page.getByRole("link", { name: `${name}, renamed` })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name}, renamed` })).toBeVisible();
});

test("a name that is taken is refused beside the field", async ({ page }) => {
  await visit(page, "/experiments");
  await page.getByRole("button", { name: "New experiment" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Wine cultivars");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText("Wine cultivars already exists");
});

test("tags and notes are written on the page", async ({ page, api }) => {
  const id = await api.experiment("tagged");
  await visit(page, `/experiments/${id}`);
  await page.getByRole("button", { name: "Tags" }).click();
  const dialog = page.getByRole("dialog", { name: "Tags" });
  await dialog.getByLabel("Key").fill("team");
  await dialog.getByRole("textbox", { name: "Value" }).last().fill("risk");
  await dialog.getByRole("button", { name: "Set tag" }).click();
  await expect(page.locator(".facts .tag")).toHaveText("teamrisk");
  await page.keyboard.press("Escape");

  await page.locator("summary", { hasText: "Notes" }).click();
  await page.getByRole("button", { name: "Edit notes" }).click();
  await page.getByLabel("Notes in Markdown").fill("# Plan\n\nTry **boosting**.");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.locator(".preview strong")).toHaveText("boosting");
  await page.getByRole("button", { name: "Save notes" }).click();
  await expect(page.locator("summary", { hasText: "Plan" })).toBeVisible();
});

test("an experiment that isn't there is a 404 that says so", async ({ page }) => {
  const reply = await page.goto("/experiments/999999");
  expect(reply!.status()).toBe(404);
  await expect(page.getByRole("alert")).toContainText("No experiment");
  await isLive(page);
});

test("addresses that the client prints lead to our pages", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  await page.goto(`/#/experiments/${id}`);
  await expect(page.getByRole("heading", { level: 1, name: "Wine cultivars" })).toBeVisible();
});
