import { expect, runPath, test, visit } from "../support/test.ts";

const background = (page: import("@playwright/test").Page) =>
  page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test("the theme follows the system until one is chosen, and the choice lasts", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await visit(page, "/experiments");
  const light = await background(page);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await background(page);
  expect(dark).not.toBe(light);
  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  expect(await background(page)).toBe(light);
  await page.reload();
  expect(await background(page)).toBe(light);
});

test("the keyboard alone reaches a run and its tabs", async ({ page, api }) => {
  const run = await api.run(await api.experiment("by keys"), "by keys", { metrics: { loss: [1, 2] } });
  await visit(page, `/experiments/${run.experiment}`);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  const link = page.getByRole("link", { name: "by keys", exact: true });
  for (let presses = 0; presses < 60 && !(await link.evaluate((one) => one === document.activeElement)); presses++) {
    await page.keyboard.press("Tab");
  }
  await expect(link).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "by keys" })).toBeVisible();
  await page.getByRole("link", { name: "Charts" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(".chart-card")).toHaveCount(1);
});

test("the keyboard goes on from the page that it opened, also on the way back", async ({ page }) => {
  await visit(page, "/experiments");
  await page.getByRole("link", { name: "Wine cultivars" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Wine cultivars" })).toBeVisible();
  await expect(page.locator("#main")).toBeFocused();
  await page.getByRole("link", { name: "forest sweep" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "forest sweep" })).toBeVisible();
  await expect(page.locator("#main")).toBeFocused();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Wine cultivars" })).toBeVisible();
  await expect(page.locator("#main")).toBeFocused();
});

test("a dialog keeps to the keyboard: it opens, closes by Escape, and gives the focus back", async ({ page }) => {
  await visit(page, "/experiments");
  const button = page.getByRole("button", { name: "New experiment" });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByLabel("Name", { exact: true })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(button).toBeFocused();
});

test("no page scrolls sideways at 390 pixels", async ({ page, api }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const wine = await api.demo("Wine cultivars");
  const runs = await api.search(wine, "run_name LIKE 'SVC%'");
  const digits = await api.demo("Handwritten digits");
  const [trained] = await api.search(digits, "run_name LIKE 'network 64-32%'");
  for (const path of [
    "/experiments",
    `/experiments/${wine}`,
    `/experiments/${wine}?group=model`,
    runPath(trained),
    runPath(trained, "charts"),
    runPath(trained, "system"),
    runPath(trained, "artifacts"),
    `${runPath(trained, "artifacts")}?path=train.log`,
    `/compare?runs=${runs.map((run) => run.uuid).join(",")}`,
    "/nothing/here",
  ]) {
    await visit(page, path);
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390);
  }
});
