/** What somebody does who sees Countersign for the first time: the README's two minutes, on a demo of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Page, expect, test } from "@playwright/test";
import { problems } from "../support/axe.ts";

let demo: ChildProcess;
let address: string;
/** Of each person, as it was printed. */
const passwords = new Map<string, string>();

test.beforeAll(async () => {
  const program = process.env.COUNTERSIGN;
  if (!program) throw new Error("set COUNTERSIGN to the program under test");
  demo = spawn(program, ["demo", "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: demo.stdout! })) {
    address ??= line.split(" ").at(-1)!;
    const [name, password] = line.split(/\s+/);
    if (/^(ana|bo|chidi|dara|emre|faye|gita)$/.test(name)) passwords.set(name, password);
    if (passwords.size === 7) break;
  }
});

test.afterAll(async () => {
  const ended = new Promise((resolve) => demo.once("exit", resolve));
  demo.kill("SIGTERM");
  await ended;
});

async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(`${address}/sign-in`);
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(passwords.get(name)!);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Waiting for you" }).waitFor();
}

test("the one whose signature is missing signs, and the version is in Production", async ({ page }) => {
  await signIn(page, "faye");
  await page.getByRole("link", { name: "wine-cultivar v2 to Production" }).click();
  await page.getByLabel("What did you check?").fill("It answers in a millisecond.");
  await page.getByRole("button", { name: "Sign", exact: true }).click();
  await expect(page.getByText("Applied by faye")).toBeVisible();
  await expect(page.getByRole("link", { name: "Release record" })).toBeVisible();

  await page.goto(`${address}/models/wine-cultivar/versions/2`);
  await expect(page.getByText("Production").first()).toBeVisible();
  await page.goto(`${address}/models/wine-cultivar/versions/1`);
  await expect(page.getByText("Archived").first()).toBeVisible();
});

test("a gate that is required holds a version back, whoever signs", async ({ page }) => {
  await signIn(page, "bo");
  await page.getByRole("link", { name: "breast-screening v3 to Production" }).click();
  await page.getByLabel("What did you check?").fill("The extract is frozen.");
  await page.getByRole("button", { name: "Sign", exact: true }).click();
  await expect(page.getByText("signed as Data engineer").first()).toBeVisible();
  await expect(page.getByText("champion:recall").first()).toBeVisible();
  await page.goto(`${address}/models/breast-screening/versions/1`);
  await expect(page.getByText("Production").first()).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    test(`no page of the demo's team has an accessibility problem, ${colorScheme} at ${width} pixels`, async ({ page }) => {
      test.setTimeout(120_000);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      await signIn(page, "gita");
      const reviews = (await (await page.request.get(`${address}/api/v1/reviews`)).json()).reviews;
      const open = reviews.filter((review: any) => review.state === "open").map((review: any) => `/reviews/${review.id}`);
      for (const path of ["/waiting", "/reviews", ...open, "/models", "/models/breast-screening", "/models/digit-reader/versions/2", "/policy", "/models/breast-screening/policy", "/audit", "/users"]) {
        await test.step(path, async () => {
          await page.goto(address + path);
          expect.soft(await problems(page)).toEqual([]);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          expect.soft(overflow, `${path} does not scroll sideways`).toBeLessThanOrEqual(0);
        });
      }
    });
  }
}
