import { expect, runPath, test, visit } from "../support/test.ts";
import type { Api } from "../support/api.ts";

async function withFiles(api: Api) {
  const run = await api.run(await api.experiment("files"), "files");
  for (const fixture of ["train.log", "settings.json", "answers.json", "findings.md", "scores.csv", "folds.parquet", "curve.png", "curve.pdf", "report.html", "weights.bin"]) {
    await api.upload(run, fixture);
  }
  await api.upload(run, "train.log", "deep/er/train.log");
  return run;
}

test("the tree opens folders and shows each kind of file", async ({ page, api }) => {
  const run = await withFiles(api);
  await visit(page, runPath(run, "artifacts"));
  const view = page.getByRole("region", { name: "File", exact: true });
  const open = (name: string) => page.getByRole("navigation", { name: "Files" }).getByRole("link", { name }).click();

  await open("train.log");
  await expect(view.locator("pre")).toContainText("epoch 2 loss 0.5");
  await expect(view.locator(".file-size")).toHaveText("34 B");
  await open("settings.json");
  await expect(view.locator("pre")).toHaveText('{\n  "model": "forest",\n  "depth": [\n    1,\n    2\n  ],\n  "score": 0.10,\n  "none": null\n}');
  await open("answers.json");
  await expect(view.getByRole("row", { name: /why\?/ })).toContainText("0.5");
  await open("findings.md");
  await expect(view.locator("strong")).toHaveText("forest");
  await open("scores.csv");
  await expect(view.getByRole("row", { name: /Ann, A\./ })).toContainText("0.5");
  await expect(view).toContainText("2 rows");
  await open("folds.parquet");
  await expect(view.getByRole("row")).toHaveText([/fold\s*accuracy\s*model/, /1\s*0\.9\s*a/, /2\s*0\.95\s*b/, /3\s*0\.925\s*c/]);
  await open("curve.png");
  await expect.poll(() => view.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(40);
  await open("curve.pdf");
  await expect(view.locator("iframe")).toHaveAttribute("src", /files\/view\?.*curve\.pdf/);
  await open("weights.bin");
  await expect(view).toContainText("This file holds no text");

  await open("deep");
  await expect(view.getByRole("link", { name: "er" })).toBeVisible();
  await view.getByRole("link", { name: "er" }).click();
  await view.getByRole("link", { name: "train.log" }).click();
  await expect(view.locator("pre")).toContainText("epoch 1");
  await expect(page).toHaveURL(/path=deep\/er\/train\.log/);
  await page.reload();
  await expect(view.locator("pre")).toContainText("epoch 1");
  await expect(page).not.toHaveTitle("attacked");
});

test("HTML runs in a sandbox and can't reach the page", async ({ page, api }) => {
  const run = await withFiles(api);
  await visit(page, `${runPath(run, "artifacts")}?path=report.html`);
  const frame = page.frameLocator("iframe.file-frame");
  await expect(frame.getByRole("heading")).toHaveText("Residuals in a sandbox");
  await expect(page).toHaveTitle("files · Countersign");
});

test("a file and a folder are downloaded", async ({ page, api }) => {
  const run = await withFiles(api);
  await visit(page, `${runPath(run, "artifacts")}?path=scores.csv`);
  const file = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  expect((await file).suggestedFilename()).toBe("scores.csv");
  await page.getByRole("navigation", { name: "Files" }).getByRole("link", { name: "deep" }).click();
  const folder = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as zip" }).click();
  expect((await folder).suggestedFilename()).toMatch(/\.zip$/);
});

test("the files of a logged model are shown beside the run's", async ({ page, api }) => {
  const id = await api.demo("Wine cultivars");
  const runs = await api.search(id, "run_name = 'SVC, C=1'");
  await visit(page, runPath(runs[0]));
  const models = page.getByRole("region", { name: "Logged models" });
  await models.getByRole("link").first().click();
  await page.getByRole("navigation", { name: "Files" }).getByRole("link", { name: "MLmodel" }).click();
  await expect(page.locator("pre.file-text")).toContainText("flavors:");
});

test("a run without files says how to log one, and a missing file is a 404", async ({ page, api }) => {
  const run = await api.run(await api.experiment("no files"), "no files");
  await visit(page, runPath(run, "artifacts"));
  await expect(page.getByText("mlflow.log_artifact")).toBeVisible();
  const reply = await page.goto(`${runPath(run, "artifacts")}?path=gone.txt`);
  expect(reply!.status()).toBe(404);
  await expect(page.getByRole("alert")).toContainText("No artifact gone.txt exists");
});
