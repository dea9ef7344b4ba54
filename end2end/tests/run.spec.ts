import { expect, isLive, runPath, test, visit } from "../support/test.ts";

test("the overview tells what went in and what came out", async ({ page, api }) => {
  const id = await api.experiment("overview");
  const params = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`param${index}`, `value ${index}`]));
  const run = await api.run(id, "overview", { params, metrics: { loss: [0.9, 0.5] }, tags: { team: "risk", "mlflow.user": "ana" } });
  await visit(page, runPath(run));
  await expect(page.getByRole("row", { name: /^loss/ })).toContainText("0.5");
  await expect(page.getByText("Finished")).toBeVisible();
  await expect(page.locator(".fact-list")).toContainText("ana");
  await page.getByLabel("Search params").fill("param11");
  await expect(page.getByRole("region", { name: "Values of the params" }).getByRole("rowheader")).toHaveText(["param11"]);
});

test("a run is renamed, annotated, deleted and restored", async ({ page, api }) => {
  const run = await api.run(await api.experiment("edited"), "before");
  await visit(page, runPath(run));
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name", { exact: true }).fill("after");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "after" })).toBeVisible();

  await page.getByRole("button", { name: "Edit notes" }).click();
  await page.getByLabel("Notes in Markdown").fill("It *works*.");
  await page.getByRole("button", { name: "Save notes" }).click();
  await expect(page.locator(".notes em")).toHaveText("works");

  await page.getByRole("button", { name: "Tags" }).click();
  const dialog = page.getByRole("dialog", { name: "Tags" });
  await dialog.getByLabel("Key").fill("quality");
  await dialog.getByRole("textbox", { name: "Value" }).last().fill("good");
  await dialog.getByRole("button", { name: "Set tag" }).click();
  await expect(page.locator(".tags .tag")).toHaveText("qualitygood");
  await page.getByRole("button", { name: "Tags" }).click();
  await page.getByLabel("Delete tag quality").click();
  await expect(dialog.getByRole("textbox", { name: "Value of quality" })).toHaveValue("good");
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.locator(".tags .tag")).toHaveCount(0);

  await page.getByRole("button", { name: "Delete run" }).click();
  await page.getByRole("dialog", { name: "Delete run?" }).getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("This run is deleted")).toBeVisible();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByRole("button", { name: "Delete run" })).toBeVisible();
});

test("parents and children lead to each other", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  const [parent] = await api.search(id, "run_name = 'forest sweep'");
  await visit(page, runPath(parent));
  await expect(page.getByRole("region", { name: "Child runs" })).toContainText("18");
  await page.getByRole("link", { name: "forest 1", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "forest 1" })).toBeVisible();
  await page.getByRole("link", { name: "forest sweep" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "forest sweep" })).toBeVisible();
});

test("a running run updates by itself, until it ends", async ({ page, api }) => {
  const run = await api.run(await api.experiment("live"), "live", { metrics: { loss: [1] }, running: true });
  await visit(page, runPath(run));
  await expect(page.locator(".live")).toBeVisible();
  await api.log(run.uuid, "loss", 0.25, 7);
  await expect(page.getByRole("row", { name: /^loss/ })).toContainText("0.25");
  await page.getByRole("link", { name: "Charts" }).click();
  await expect(page.locator(".chart-card")).toHaveCount(1);
  await api.log(run.uuid, "accuracy", 0.75, 8);
  await expect(page.locator(".chart-title")).toHaveText(["accuracy", "loss"]);
  await api.finish(run.uuid);
  await expect(page.getByText("Finished")).toBeVisible();
  await expect(page.locator(".live")).toHaveCount(0);
});

test("a run that isn't there is a 404 that says so", async ({ page }) => {
  const reply = await page.goto(`/experiments/1/runs/${"0".repeat(32)}`);
  expect(reply!.status()).toBe(404);
  await expect(page.getByRole("alert")).toContainText("No run");
  await isLive(page);
});
