/**
 * Playwright's `test` with our server's API, and two rules for every page: nothing is written to the
 * console as an error, and nothing is asked of another host.
 */
import { type Page, test as base, expect } from "@playwright/test";
import { Api } from "./api.ts";

export { expect };

export const test = base.extend<{ api: Api }>({
  api: async ({ request }, use) => use(new Api(request)),
  page: async ({ page, baseURL }, use) => {
    const problems: string[] = [];
    page.on("console", (message) => {
      // Chromium reports the status of a page that is meant to be a 404 or 400 here.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== new URL(baseURL!).origin) problems.push(`asked ${url.origin}`);
    });
    await use(page);
    expect(problems, "errors in the console and requests to other hosts").toEqual([]);
  },
});

/** Opens a page and waits until it is live. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await isLive(page);
}

export async function isLive(page: Page): Promise<void> {
  await page.locator("html[data-live]").waitFor({ timeout: 30_000 });
}

export const runPath = (run: { experiment: string; uuid: string }, tab = "") =>
  `/experiments/${run.experiment}/runs/${run.uuid}${tab && `/${tab}`}`;
