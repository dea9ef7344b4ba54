import { type Browser, type Page, expect, test } from "@playwright/test";
import { problems } from "../support/axe.ts";
import { Team } from "../support/team.ts";

let team: Team;
test.beforeAll(async () => {
  team = await Team.start();
});
test.afterAll(() => team.stop());

/** Asks for Production on the version's page; the review's path. */
async function ask(page: Page, version: string, words: string): Promise<string> {
  await page.goto(version);
  await page.getByRole("link", { name: "Ask for a review" }).click();
  await page.getByLabel("Where it should be").selectOption("Production");
  await page.getByLabel(/^Why, for those who sign/).fill(words);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("to Production");
  return new URL(page.url()).pathname;
}

async function sign(page: Page, review: string, words: string): Promise<void> {
  // The files are hashed in a moment; until then there is nothing to sign.
  await expect(async () => {
    await page.goto(review);
    await expect(page.getByRole("button", { name: "Sign", exact: true })).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByLabel("What did you check?").fill(words);
  await page.getByRole("button", { name: "Sign", exact: true }).click();
}

async function people(browser: Browser, ...names: string[]): Promise<Page[]> {
  return Promise.all(names.map((name) => team.person(browser, name)));
}

test("two people sign a version into production, and its author can't", async ({ browser }) => {
  const [dana, erin, otto] = await people(browser, "dana", "erin", "otto");
  const version = await team.version(dana, "journey", 0.9);
  const review = await ask(dana, version, "It is **better**.");
  await expect(dana.getByRole("button", { name: "Sign", exact: true })).toHaveCount(0);
  await expect(dana.getByText("can't sign it")).toBeVisible();

  await erin.goto("/");
  await erin.getByRole("link", { name: "journey v1 to Production" }).click();
  await sign(erin, review, "the metrics");
  await expect(erin.getByText("signed as ML engineer").first()).toBeVisible();
  await sign(otto, review, "the load");
  await expect(otto.getByText("Applied by otto")).toBeVisible();
  await expect(otto.getByRole("link", { name: "Release record" })).toBeVisible();
  await dana.goto(version);
  await expect(dana.getByText("Production").first()).toBeVisible();
});

test("a signature goes stale when the evidence changes", async ({ browser }) => {
  const [dana, erin] = await people(browser, "dana", "erin");
  const version = await team.version(dana, "stale", 0.9);
  const review = await ask(dana, version, "");
  await sign(erin, review, "auc is 0.9");
  const found = await (await dana.request.get("/api/2.0/mlflow/model-versions/get?name=stale&version=1")).json();
  const metric = { run_id: found.model_version.run_id, key: "auc", value: 0.5, timestamp: Date.now() + 1000, step: 1 };
  await dana.request.post("/api/2.0/mlflow/runs/log-metric", { data: metric, headers: { Origin: team.uri } });
  await erin.goto(review);
  await expect(erin.getByText("stale: what was signed has changed since")).toBeVisible();
  await expect(erin.getByText("metrics.auc 0.9 → 0.5")).toBeVisible();
});

test("a review is rejected, another one overridden, and what it did rolled back", async ({ browser }) => {
  const [dana, erin, otto] = await people(browser, "dana", "erin", "otto");
  const first = await team.version(dana, "night", 0.9);
  let review = await ask(dana, first, "");
  await erin.goto(review);
  await erin.getByText("Reject", { exact: true }).first().click();
  await erin.getByLabel("Why not").fill("the data is old");
  await erin.getByRole("button", { name: "Reject" }).click();
  await expect(erin.getByText("Rejected by erin")).toBeVisible();

  review = await ask(dana, first, "");
  await sign(erin, review, "");
  await sign(otto, review, "");
  const second = await team.version(dana, "night", 0.8);
  review = await ask(dana, second, "");
  await sign(erin, review, "");
  await otto.goto(review);
  await otto.getByText("Emergency override").click();
  await otto.getByLabel("Why it can't wait").fill("the old one is down for everybody");
  await otto.getByRole("button", { name: "Override without signatures" }).click();
  await expect(otto.getByText("Overridden by otto")).toBeVisible();

  await otto.goto("/models/night");
  await otto.getByText("Roll back", { exact: true }).first().click();
  await otto.getByLabel("Why").fill("it drifts");
  await otto.getByRole("button", { name: "Roll back" }).click();
  await expect(otto.getByText("Applied by otto")).toBeVisible();
  await otto.goto("/reviews?state=overrides");
  await expect(otto.getByText("Overridden").first()).toBeVisible();
});

test("who is led to sign in comes to where they wanted", async ({ browser }) => {
  const context = await browser.newContext({ baseURL: team.uri });
  const page = await context.newPage();
  await page.goto("/reviews?state=open");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByLabel("User name").fill("vera");
  await page.getByLabel("Password").fill("not it, not it");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("wrong");
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/reviews\?state=open$/);
  await page.goto("/experiments");
  await page.getByRole("link", { name: "vera" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.goto("/account");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

for (const width of [1440, 390]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`no page of a team has an accessibility problem, ${colorScheme} at ${width} pixels`, async ({ browser }) => {
      test.setTimeout(120_000);
      const [ada] = await people(browser, "ada");
      await ada.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await ada.setViewportSize({ width, height: 900 });
      const model = `axe-${colorScheme}-${width}`;
      const version = await team.version(ada, model, 0.9);
      const review = await ask(ada, version, "It is *better*.");
      for (const path of ["/waiting", "/reviews", review, `${version}/ask`, version, `/models/${model}`, "/models", "/policy", "/account", "/users", "/users/1/tokens", "/experiments/0/export?cols=params.C", "/experiments/1/explore", "/experiments/1/explore?kind=parallel", "/experiments/1/explore?kind=importance", "/experiments/1/explore?kind=heatmap", "/experiments/1/explore?kind=box", "/experiments/1/explore?kind=histogram", "/experiments/1/explore?kind=bar", "/experiments/1/explore?kind=curves&group=all", "/experiments/1/panels", "/experiments/1/views", "/compare/details", "/experiments/0/export?filter=metrics.a%20==%201", "/audit", `/models/${model}/permissions`, "/reviews/99999", "/sign-in?again=1"]) {
        await test.step(path, async () => {
          await ada.goto(path);
          expect.soft(await problems(ada)).toEqual([]);
          const overflow = await ada.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          expect.soft(overflow, `${path} does not scroll sideways`).toBeLessThanOrEqual(0);
        });
      }
    });
  }
}
