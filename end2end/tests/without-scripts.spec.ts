import { expect, runPath, test } from "../support/test.ts";

test.use({ javaScriptEnabled: false });

test("everything is read without scripts", async ({ page, api }) => {
  const id = await api.experiment("plain");
  const run = await api.run(id, "plain", { params: { lr: "0.1" }, metrics: { loss: [3, 2, 1] } });
  await api.upload(run, "scores.csv");
  await page.goto("/experiments");
  await expect(page.getByRole("link", { name: "Wine cultivars" })).toBeVisible();
  await page.goto(`/experiments/${id}`);
  await page.getByRole("link", { name: "plain", exact: true }).click();
  await expect(page.getByRole("row", { name: /^lr/ })).toContainText("0.1");
  await page.getByRole("link", { name: "Charts" }).click();
  await expect(page.locator("polyline[stroke='#010000']")).toHaveCount(1);
  await page.getByRole("link", { name: "Log", exact: true }).click();
  await expect(page).toHaveURL(/log=1/);
  await page.getByRole("link", { name: "Artifacts" }).click();
  await page.getByRole("navigation", { name: "Files" }).getByRole("link", { name: "scores.csv" }).click();
  await expect(page.getByRole("row", { name: /Bob/ })).toContainText("0.75");
});

test("filter, order, columns, groups and pages are plain links and forms", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  await page.goto(`/experiments/${id}`);
  await page.getByRole("combobox", { name: "Filter" }).fill("params.C = '1.0'");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.locator("table.runs tbody tr")).toHaveCount(3);
  await page.locator("th a.sort", { hasText: "accuracy" }).first().click();
  await expect(page).toHaveURL(/filter=.*order=metrics\.accuracy:desc/);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("dialog").getByLabel("User", { exact: true }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("columnheader", { name: "User" })).toBeVisible();
  await page.getByLabel("Group by").selectOption("model");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.locator(".group-head").first()).toContainText("model");
  await page.goto(`/experiments/${id}?filter=metrics.accuracy%20==%201`);
  await expect(page.getByRole("alert")).toContainText("Character 18");
});

test("changes are plain forms", async ({ page, api }) => {
  const name = `plain ${Date.now()}`;
  await page.goto("/experiments");
  await page.getByRole("button", { name: "New experiment" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  const id = new URL(page.url()).pathname.split("/").pop()!;
  for (const run of ["a", "b"]) await api.run(id, run);
  await page.reload();
  await page.getByLabel("Select a", { exact: true }).check();
  await page.getByLabel("Select b", { exact: true }).check();
  await page.getByRole("button", { name: "Compare" }).click();
  await expect(page.getByRole("region", { name: "Runs side by side" })).toContainText("Finished");
  // Not by the browser's way back, which ticks both again.
  await page.goto(`/experiments/${id}`);
  await page.getByLabel("Select a", { exact: true }).check();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.locator("table.runs tbody tr")).toHaveCount(1);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator("table.runs tbody tr")).toHaveCount(2);
});

test("a plain form that fails says why", async ({ page }) => {
  await page.goto("/experiments");
  await page.getByRole("button", { name: "New experiment" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Wine cultivars");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("alert")).toContainText("Wine cultivars already exists");
  await expect(page.getByRole("heading", { level: 1, name: "Experiments" })).toBeVisible();
});

test("a run is renamed by a plain form", async ({ page, api }) => {
  const run = await api.run(await api.experiment("plain"), "before");
  await page.goto(runPath(run));
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name", { exact: true }).fill("after");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "after" })).toBeVisible();
});
