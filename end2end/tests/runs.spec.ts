import { readFile } from "node:fs/promises";

import { expect, test, visit } from "../support/test.ts";

const names = (page: import("@playwright/test").Page) => page.locator("table.runs tbody th.name");

test("runs are filtered, and the address keeps the filter", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  await visit(page, `/experiments/${id}`);
  const filter = page.getByRole("combobox", { name: "Filter" });
  await filter.fill("params.C = '1.0'");
  await filter.press("Enter");
  await expect(names(page)).toHaveCount(3);
  await page.reload();
  await expect(names(page)).toHaveCount(3);
  await filter.fill("metrics.accuracy > 2");
  await filter.press("Enter");
  await expect(page.getByText("No run matches this filter.")).toBeVisible();
  await page.getByRole("link", { name: "Clear the filter" }).click();
  await expect(names(page)).toHaveCount(10);
});

test("a filter that can't be read points at the character", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  await visit(page, `/experiments/${id}`);
  const filter = page.getByRole("combobox", { name: "Filter" });
  await filter.fill("metrics.accuracy == 1");
  await filter.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Character 18: Unknown operator ==; use =");
  await expect(page.locator(".filter-echo mark")).toHaveText("=");
  await filter.fill("metrics.accuracy = 1");
  await expect(page.locator(".filter-problem")).toHaveCount(0);
  await filter.press("Enter");
  await expect(names(page).first()).toBeVisible();
});

test("the filter box completes keys, comparators and values by keyboard", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  await visit(page, `/experiments/${id}`);
  const filter = page.getByRole("combobox", { name: "Filter" });
  await filter.pressSequentially("param");
  await expect(page.getByRole("option", { name: /params\.C/ })).toBeVisible();
  await filter.fill("params.mod");
  await filter.press("ArrowDown");
  await filter.press("Enter");
  await expect(filter).toHaveValue("params.model ");
  await filter.press("ArrowDown");
  await expect(page.getByRole("listbox").getByRole("option", { selected: true })).toHaveText("=");
  await filter.press("Enter");
  await expect(page.getByRole("option", { name: "'SVC'" })).toBeVisible();
  await page.getByRole("option", { name: "'SVC'" }).click();
  await expect(filter).toHaveValue("params.model = 'SVC' ");
  await filter.press("Escape");
  await filter.press("Enter");
  await expect(names(page)).toHaveText([/new lab export/]);
});

test("any column sorts the runs, the other way round at the second click", async ({ page, api }) => {
  const id = await api.experiment("sorted");
  for (const [name, loss] of [["b", 2], ["a", 3], ["c", 1]] as const) {
    await api.run(id, name, { metrics: { loss: [loss] }, params: { lr: `0.${loss}` } });
  }
  await visit(page, `/experiments/${id}`);
  await expect(names(page)).toHaveText([/c/, /a/, /b/]);
  const sort = (label: string) => page.locator("th a.sort", { hasText: label }).click();
  await sort("loss");
  await expect(names(page)).toHaveText([/a/, /b/, /c/]);
  await sort("loss");
  await expect(names(page)).toHaveText([/c/, /b/, /a/]);
  await expect(page.locator("th", { hasText: "loss" })).toHaveAttribute("aria-sort", "ascending");
  await sort("lr");
  await expect(names(page)).toHaveText([/c/, /b/, /a/]);
  await sort("Run");
  await expect(names(page)).toHaveText([/a/, /b/, /c/]);
  await page.goBack();
  await expect(names(page)).toHaveText([/c/, /b/, /a/]);
});

test("columns are chosen, pinned and resized, and the address keeps it", async ({ page, api }) => {
  const id = await api.experiment("columns");
  await api.run(id, "one", { metrics: { loss: [1], accuracy: [0.5] }, params: { lr: "0.1" }, tags: { team: "risk" } });
  await visit(page, `/experiments/${id}`);
  await page.getByRole("button", { name: "Columns" }).click();
  const drawer = page.getByRole("dialog", { name: "Columns" });
  await drawer.getByLabel("Search columns").fill("team");
  await drawer.getByLabel("team").check();
  await drawer.getByLabel("Search columns").fill("accuracy");
  await drawer.getByLabel("accuracy").uncheck();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("columnheader", { name: /team/ })).toBeVisible();
  await expect(page.getByRole("cell", { name: "risk" })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: /accuracy/ })).toHaveCount(0);

  await page.getByRole("columnheader", { name: /team/ }).hover();
  await page.getByRole("link", { name: "Pin team" }).click();
  await expect(page.getByRole("columnheader").nth(1)).toContainText("team");

  const edge = page.getByRole("separator", { name: "Width of team" });
  const before = Number(await edge.getAttribute("aria-valuenow"));
  const box = (await edge.boundingBox())!;
  await page.mouse.move(box.x + 4, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 84, box.y + 10, { steps: 4 });
  await page.mouse.up();
  await expect(edge).toHaveAttribute("aria-valuenow", String(before + 80));
  await edge.press("ArrowLeft");
  await expect(edge).toHaveAttribute("aria-valuenow", String(before + 64));

  await page.reload();
  await expect(page.getByRole("columnheader").nth(1)).toContainText("team");
  await expect(edge).toHaveAttribute("aria-valuenow", String(before + 64));
});

test("runs are grouped by a param", async ({ page, api }) => {
  const id = await api.experiment("grouped");
  for (const [name, lr] of [["a", "0.1"], ["b", "0.2"], ["c", "0.1"]]) await api.run(id, name, { params: { lr } });
  await api.run(id, "without");
  await visit(page, `/experiments/${id}`);
  await page.getByLabel("Group by").selectOption("lr");
  const groups = page.locator(".group-head");
  await expect(groups).toHaveText([/lr\s*0\.1\s*2 runs/, /lr\s*0\.2\s*1 run/, /lr\s*not set\s*1 run/]);
  await page.getByRole("button", { name: "Runs with lr 0.1" }).click();
  await expect(names(page)).toHaveText([/b/, /without/]);
  await page.getByLabel("Group by").selectOption("");
  await expect(names(page)).toHaveCount(4);
});

test("child runs open under their parent", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  await visit(page, `/experiments/${id}`);
  await expect(names(page)).toHaveCount(10);
  await page.getByRole("button", { name: "18 child runs" }).click();
  await expect(names(page)).toHaveCount(28);
  await expect(page.getByRole("link", { name: "forest 18" })).toBeVisible();
  await page.getByRole("button", { name: "18 child runs" }).click();
  await expect(names(page)).toHaveCount(10);
  await page.getByLabel("Flat list").check();
  await expect(names(page)).toHaveCount(28);
});

test("selected runs are deleted after a question, and come back by undo", async ({ page, api }) => {
  const id = await api.experiment("deleted");
  for (const name of ["a", "b", "c"]) await api.run(id, name);
  await visit(page, `/experiments/${id}`);
  await page.getByLabel("Select a", { exact: true }).check();
  await page.getByLabel("Select b", { exact: true }).check();
  await expect(page.getByText("2 selected")).toBeVisible();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByRole("button", { name: "Keep" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Close" })).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Delete" })).toBeFocused();
  const dialog = page.getByRole("dialog", { name: "Delete runs?" });
  await expect(dialog).toContainText("2 runs will leave the table");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(names(page)).toHaveText([/c/]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(names(page)).toHaveCount(3);
});

test("another filter forgets the selection, so that nobody deletes what they don't see", async ({ page, api }) => {
  const id = await api.experiment("forgotten");
  for (const name of ["a", "b"]) await api.run(id, name);
  await visit(page, `/experiments/${id}`);
  await page.getByLabel("Select a", { exact: true }).check();
  await expect(page.getByText("1 selected")).toBeVisible();
  await page.getByLabel("Filter", { exact: true }).fill("b");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(names(page)).toHaveText([/b/]);
  await expect(page.getByText("1 selected")).toHaveCount(0);
});

test("deleted runs are restored from their own view", async ({ page, api }) => {
  const id = await api.experiment("restored");
  for (const name of ["a", "b"]) await api.run(id, name);
  await visit(page, `/experiments/${id}`);
  await page.getByLabel("Select a", { exact: true }).check();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(names(page)).toHaveCount(1);
  await page.getByRole("navigation", { name: "Which runs" }).getByText("Deleted").click();
  await expect(names(page)).toHaveText([/a/]);
  await page.getByLabel("Select a", { exact: true }).check();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByText("No run of this experiment has been deleted.")).toBeVisible();
});

test("runs appear in the table while one looks", async ({ page, api }) => {
  const id = await api.experiment("arriving");
  await visit(page, `/experiments/${id}`);
  await expect(page.getByText("No runs yet. Log the first one:")).toBeVisible();
  await api.run(id, "first", { metrics: { loss: [0.5] } });
  await expect(names(page)).toHaveText([/first/]);
  await api.run(id, "second", { metrics: { loss: [0.25] } });
  await expect(names(page)).toHaveText([/second/, /first/]);
});

test("a long table scrolls through all its runs and renders those in sight", async ({ page, api }) => {
  test.setTimeout(120_000);
  const id = await api.experiment("long");
  const count = 450;
  for (let from = 0; from < count; from += 25) {
    await Promise.all(Array.from({ length: 25 }, (_, index) => api.run(id, `run ${from + index}`)));
  }
  await visit(page, `/experiments/${id}?order=start_time:asc`);
  await expect(page.getByText("450 runs").first()).toBeVisible();
  const region = page.getByRole("region", { name: "Run table" });
  await region.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(names(page).last()).toContainText(/run 4\d\d/);
  expect(await names(page).count()).toBeLessThan(120);
  await expect(page).toHaveURL(/page=5/);
  await page.reload();
  await expect.poll(() => region.evaluate((element) => element.scrollTop)).toBeGreaterThan(10_000);
  await expect(page.locator("tr.missing")).toHaveCount(0);

  const top = () => region.evaluate((element) => element.scrollTop);
  await visit(page, `/experiments/${id}?order=start_time:asc&page=3`);
  await expect.poll(top).toBe(200 * 32);
  await page.waitForTimeout(700);
  await expect(page).toHaveURL(/page=3$/);
  await region.evaluate((element) => element.scrollTo(0, 266 * 32));
  await expect(page).toHaveURL(/page=3&row=66$/);
  await page.getByLabel("Filter", { exact: true }).fill("no such run");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByRole("link", { name: "Clear the filter" }).click();
  await expect.poll(top).toBe(0);
  await page.goBack();
  await page.goBack();
  await expect.poll(top).toBe(266 * 32);
  await expect(page.getByRole("link", { name: "run 266", exact: true })).toBeInViewport();
});

test("plain words find runs by their name", async ({ page, api }) => {
  const id = await api.experiment("by name");
  for (const name of ["first network", "second network", "a tree"]) await api.run(id, name);
  await visit(page, `/experiments/${id}`);
  const filter = page.getByRole("combobox", { name: "Filter" });
  await filter.fill("network");
  await filter.press("Enter");
  await expect(names(page)).toHaveCount(2);
  await expect(filter).toHaveValue("run_name ILIKE '%network%'");
});

test("the runs that a table shows are taken away as a file", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  await visit(page, `/experiments/${id}?cols=params.C,metrics.accuracy`);
  const filter = page.getByRole("combobox", { name: "Filter" });
  await filter.fill("params.C = '1.0'");
  await filter.press("Enter");
  await expect(names(page)).toHaveCount(3);
  await page.getByRole("link", { name: "Export", exact: true }).click();
  await expect(page.getByText("3 runs that match")).toBeVisible();
  const started = page.waitForEvent("download");
  await page.getByRole("link", { name: "Runs, the table’s columns: CSV" }).click();
  const download = await started;
  expect(download.suggestedFilename()).toBe(`runs-of-experiment-${id}.csv`);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  expect(lines[0]).toBe("run_id,run_name,params.C,metrics.accuracy");
  expect(lines).toHaveLength(4);
  await page.getByRole("link", { name: "Wine cultivars" }).click();
  await expect(filter).toHaveValue("params.C = '1.0'");
});

test("a pattern of a filter means the same after a reload", async ({ page, api }) => {
  const id = await api.experiment("patterns");
  for (const name of ["baseline-1", "baseline-2", "other"]) await api.run(id, name);
  await visit(page, `/experiments/${id}`);
  const filter = page.getByRole("combobox", { name: "Filter" });
  await filter.fill("baseline");
  await filter.press("Enter");
  await expect(names(page)).toHaveCount(2);
  const response = await page.reload();
  expect(await response!.text()).toContain("baseline-2");
  await expect(filter).toHaveValue("run_name ILIKE '%baseline%'");
  await expect(names(page)).toHaveCount(2);
});

test("what was selected is forgotten with the rows that it was among", async ({ page, api }) => {
  const id = await api.experiment("selected");
  for (const name of ["one", "two"]) await api.run(id, name);
  await visit(page, `/experiments/${id}`);
  const filter = page.getByRole("combobox", { name: "Filter" });
  await filter.fill("attributes.run_name = 'one'");
  await filter.press("Enter");
  await expect(names(page)).toHaveCount(1);
  await page.getByLabel("Select one", { exact: true }).check();
  await expect(page.getByText("1 selected")).toBeVisible();
  await page.goBack();
  await expect(names(page)).toHaveCount(2);
  await expect(page.getByText("1 selected")).toHaveCount(0);
});
