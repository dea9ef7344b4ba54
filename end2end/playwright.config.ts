import { defineConfig } from "@playwright/test";

/** The server under test: a demo workspace, whose experiments the journeys read but leave alone. */
const address = process.env.COUNTERSIGN_URI;
if (!address) throw new Error("set COUNTERSIGN_URI to the address of a running `countersign demo`");

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    baseURL: address,
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      // Without it Playwright's own browser is used.
      executablePath: process.env.CHROMIUM_PATH,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
