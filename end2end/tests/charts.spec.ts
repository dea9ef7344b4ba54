import type { Page } from "@playwright/test";
import { Api } from "../support/api.ts";
import { expect, runPath, test, visit } from "../support/test.ts";

const STEPS = 200;

async function trained(api: Api) {
  const loss = Array.from({ length: STEPS }, (_, step) => 1 / (step + 1) + (step % 2) * 0.01);
  return api.run(await api.experiment("charts"), "trained", { metrics: { loss, accuracy: loss.map((value) => 1 - value), final: [0.5] } });
}

const card = (page: Page, metric: string) =>
  page.locator(".chart-card").filter({ has: page.getByRole("link", { name: metric, exact: true }) });
const line = (page: Page) => card(page, "loss").locator('polyline[stroke="#010000"]');
const layer = (page: Page) => card(page, "loss").locator(".chart-layer");

test("every metric has a curve, and a value logged once is a number", async ({ page, api }) => {
  await visit(page, runPath(await trained(api), "charts"));
  await expect(page.locator(".chart-title")).toHaveText(["accuracy", "loss", "final"]);
  await expect(line(page)).toHaveCount(1);
  await expect(card(page, "final").locator(".once-value")).toHaveText("0.5");
  await page.getByLabel("Search metrics").fill("acc");
  await expect(page.locator(".chart-title")).toHaveText(["accuracy"]);
});

test("axis, scale and smoothing change the drawing and the address", async ({ page, api }) => {
  await visit(page, runPath(await trained(api), "charts"));
  const ticks = card(page, "loss").locator("svg text");
  await page.getByRole("link", { name: "Relative" }).click();
  await expect(ticks.filter({ hasText: /^\s*2m\s*$/ })).toHaveCount(1);
  await expect(page).toHaveURL(/axis=relative/);
  await page.getByRole("link", { name: "Log", exact: true }).click();
  await expect(ticks.filter({ hasText: /^\s*0\.01\s*$/ })).toHaveCount(1);
  await page.getByLabel("Smoothing").fill("0.9");
  await expect(line(page)).toHaveCount(2);
  await expect(line(page).first()).toHaveAttribute("opacity", "0.28");
  await expect(page).toHaveURL(/smooth=0\.9/);
  await page.reload();
  await expect(line(page)).toHaveCount(2);
});

test("the pointer shows values", async ({ page, api }) => {
  await visit(page, runPath(await trained(api), "charts"));
  const box = (await layer(page).boundingBox())!;
  await page.mouse.move(box.x + 52, box.y + 60);
  const tip = card(page, "loss").locator(".chart-tip");
  await expect(tip).toContainText("step 0");
  await expect(tip).toContainText("1");
  await page.mouse.move(box.x - 40, box.y - 40);
  await expect(tip).toHaveCount(0);
});

test("dragging zooms all charts to that part, and the zoom can be reset", async ({ page, api }) => {
  await visit(page, runPath(await trained(api), "charts"));
  const box = (await layer(page).boundingBox())!;
  await page.mouse.move(box.x + 120, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + 220, box.y + 80, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=[\d.]+&to=[\d.]+/);
  const first = card(page, "accuracy").locator("svg text").filter({ hasText: /^\s*0\s*$/ });
  await expect(first).toHaveCount(0);
  await page.getByRole("link", { name: "Reset zoom" }).click();
  await expect(page).not.toHaveURL(/from=/);
});

test("keys do what the pointer does", async ({ page, api }) => {
  await visit(page, runPath(await trained(api), "charts"));
  await layer(page).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(card(page, "loss").getByRole("status")).toHaveText("step 1: trained 0.51");
  await page.keyboard.press("+");
  await expect(page).toHaveURL(/from=/);
  await page.keyboard.press("0");
  await expect(page).not.toHaveURL(/from=/);
});

test("a chart opens large, and its raw points can be downloaded", async ({ page, api }) => {
  await visit(page, runPath(await trained(api), "charts"));
  await page.getByRole("link", { name: "loss", exact: true }).click();
  await expect(page.locator(".chart-card")).toHaveCount(1);
  await page.getByText("Numbers", { exact: true }).click();
  await expect(page.getByRole("row", { name: /trained/ })).toContainText("200");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "CSV" }).click();
  const csv = await (await (await download).createReadStream()).toArray();
  expect(Buffer.concat(csv).toString().trim().split("\n")).toHaveLength(STEPS + 1);
  await page.getByRole("link", { name: "All metrics" }).click();
  await expect(page.locator(".chart-card")).toHaveCount(3);
});

test("many points are thinned for the pixels, and no spike is lost", async ({ page, api }) => {
  test.setTimeout(120_000);
  const id = await api.experiment("many points");
  const run = await api.run(id, "many", { running: true });
  const values = Array.from({ length: 20_000 }, (_, step) => (step === 12_345 ? 50 : Math.sin(step / 500)));
  for (let from = 0; from < values.length; from += 1000) {
    await api.batch(run.uuid, "wave", values.slice(from, from + 1000), from);
  }
  await visit(page, runPath(run, "charts"));
  const drawn = async () => {
    const lines = await page.locator('polyline[stroke="#010000"]').all();
    const points = await Promise.all(lines.map((one) => one.getAttribute("points")));
    return points.join(" ").trim().split(" ").length;
  };
  await expect(page.locator('polyline[stroke="#010000"]')).toHaveCount(1);
  expect(await drawn()).toBeLessThan(2_000);
  await page.getByText("Numbers", { exact: true }).click();
  await expect(page.getByRole("row", { name: /many/ })).toContainText("50");
});

test("a run without metrics says how to log one", async ({ page, api }) => {
  const run = await api.run(await api.experiment("empty"), "empty");
  await visit(page, runPath(run, "charts"));
  await expect(page.getByText("No metrics yet.")).toBeVisible();
  await page.getByRole("link", { name: "System" }).click();
  await expect(page.getByText("mlflow.enable_system_metrics_logging()")).toBeVisible();
});

test("system metrics have a tab of their own", async ({ page, api }) => {
  const metrics = { "system/cpu_utilization_percentage": [10, 20, 15], loss: [1, 2] };
  const run = await api.run(await api.experiment("system"), "system", { metrics });
  await visit(page, runPath(run, "system"));
  await expect(page.locator(".chart-title")).toHaveText(["cpu_utilization_percentage"]);
  await page.getByRole("link", { name: "Charts" }).click();
  await expect(page.locator(".chart-title")).toHaveText(["loss"]);
});
