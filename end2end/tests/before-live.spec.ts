import { expect, runPath, test } from "../support/test.ts";

test("what was typed and ticked before the page went live stays", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/*.wasm", async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto(`/experiments/${id}`, { waitUntil: "domcontentloaded" });
  await page.getByRole("combobox", { name: "Filter" }).fill("params.C = '1.0'");
  for (const box of (await page.locator("input[name='runs[]']").all()).slice(0, 2)) await box.check();
  arrive();
  await page.locator("html[data-live]").waitFor({ state: "attached" });
  await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue("params.C = '1.0'");
  await expect(page.getByText("2 selected")).toBeVisible();
  await expect(page.locator("input[name='runs[]']:checked")).toHaveCount(2);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.locator("table.runs tbody th.name")).toHaveCount(3);
});

test("a search that was typed before the page went live stays", async ({ page }) => {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/*.wasm", async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto("/experiments", { waitUntil: "domcontentloaded" });
  await page.getByRole("searchbox").fill("wine");
  arrive();
  await page.locator("html[data-live]").waitFor({ state: "attached" });
  await expect(page.getByRole("searchbox")).toHaveValue("wine");
});

test("a search over a run's metrics that was typed before the page went live is carried out", async ({ page, api }) => {
  const keys = Array.from({ length: 12 }, (_, index) => `metric_${index}`);
  const metrics = Object.fromEntries(keys.map((key) => [key, [1]]));
  const run = await api.run(await api.experiment("early"), "early", { metrics });
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/*.wasm", async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto(runPath(run), { waitUntil: "domcontentloaded" });
  await page.getByLabel("Search metrics").fill("_11");
  arrive();
  await page.locator("html[data-live]").waitFor({ state: "attached" });
  await expect(page.getByLabel("Search metrics")).toHaveValue("_11");
  await expect(page.getByRole("region", { name: "Values of the metrics" }).locator("tbody tr")).toHaveCount(1);
});
