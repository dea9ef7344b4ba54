import { expect, test } from "@playwright/test";
import { problems } from "../support/axe.ts";
import { Team } from "../support/team.ts";

let team: Team;
test.beforeAll(async () => {
  team = await Team.start();
});
test.afterAll(() => team.stop());

test("an admin makes a webhook, sees what it was told, rotates its secret and deletes it", async ({ browser }) => {
  const ada = await team.person(browser, "ada");
  await ada.goto("/account");
  await ada.getByRole("link", { name: "Webhooks" }).click();
  await ada.getByRole("link", { name: "New webhook" }).click();
  await ada.getByLabel("Name", { exact: true }).fill("ci");
  await ada.getByLabel("Address").fill("https://127.0.0.1/");
  await ada.getByLabel("registered_model.created").check();
  await ada.getByRole("button", { name: "Make webhook" }).click();
  await expect(ada.getByRole("alert")).toContainText("leads inside");
  await ada.getByLabel("Address").fill("https://hooks.invalid/");
  await ada.getByRole("button", { name: "Make webhook" }).click();
  const secret = await ada.getByLabel("Copy this").inputValue();
  expect(secret).toMatch(/^whsec_/);

  await team.version(ada, "told", 0.9);
  await ada.getByRole("link", { name: "Webhooks" }).click();
  await ada.getByRole("link", { name: "ci", exact: true }).click();
  await expect(async () => {
    await ada.reload();
    await expect(ada.getByRole("cell", { name: "the name in this address was not found" })).toBeVisible({ timeout: 500 });
  }).toPass();
  await ada.getByText("Sent and answered").first().click();
  await expect(ada.getByText('"model":"told"')).toBeVisible();
  await ada.getByRole("button", { name: "Make a new secret" }).click();
  expect(await ada.getByLabel("Copy this").inputValue()).not.toBe(secret);
  await ada.getByText("Delete", { exact: true }).click();
  await ada.getByRole("button", { name: "Delete webhook" }).click();
  await expect(ada.getByRole("status")).toContainText("deleted");
  await expect(ada.getByText("No webhooks yet")).toBeVisible();
});

for (const width of [1440, 390]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`no page of webhooks has an accessibility problem, ${colorScheme} at ${width} pixels`, async ({ browser }) => {
      const ada = await team.person(browser, "ada");
      await ada.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await ada.setViewportSize({ width, height: 900 });
      const model = `axe-${colorScheme}-${width}`;
      const headers = { Origin: team.uri };
      const data = { name: "axe", url: "https://hooks.invalid/", events: ["model_version.created"] };
      const made = await (await ada.request.post("/api/v1/webhooks", { data, headers })).json();
      await team.version(ada, model, 0.9);
      for (const path of ["/webhooks", `/webhooks/${made.id}`, "/webhooks/new", "/webhooks/new?form=databricks", "/webhooks?model=none"]) {
        await test.step(path, async () => {
          await ada.goto(path);
          expect.soft(await problems(ada)).toEqual([]);
          const overflow = await ada.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          expect.soft(overflow, `${path} does not scroll sideways`).toBeLessThanOrEqual(0);
        });
      }
      await ada.request.delete(`/api/v1/webhooks/${made.id}`, { headers });
    });
  }
}
