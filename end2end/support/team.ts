/** A server with people who sign in, of a test's own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "@playwright/test";

const PASSWORD = "correct horse battery staple";
const ROLES: Record<string, string> = {
  ada: "admin",
  dana: "data_scientist",
  erin: "ml_engineer",
  otto: "ops_engineer",
  vera: "viewer",
};

export class Team {
  private constructor(
    readonly uri: string,
    private readonly server: ChildProcess,
    private readonly data: string,
  ) {}

  static async start(): Promise<Team> {
    const program = process.env.COUNTERSIGN;
    if (!program) throw new Error("set COUNTERSIGN to the program under test");
    const data = mkdtempSync(join(tmpdir(), "countersign-team-"));
    for (const [name, role] of Object.entries(ROLES)) {
      execFileSync(program, ["user", "add", name, "--role", role, "--password-stdin", "--data", data], { input: `${PASSWORD}\n`, stdio: ["pipe", "ignore", "ignore"] });
    }
    const server = spawn(program, ["serve", "--port", "0", "--data", data], { stdio: ["ignore", "pipe", "ignore"] });
    const lines = createInterface({ input: server.stdout! });
    const line: string = await new Promise((resolve, reject) => {
      lines.once("line", resolve);
      server.once("exit", () => reject(new Error("the server ended")));
    });
    return new Team(line.split(" ").at(-1)!, server, data);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
    rmSync(this.data, { recursive: true });
  }

  /** Somebody at a browser of their own, signed in. */
  async person(browser: Browser, name: string): Promise<Page> {
    const context = await browser.newContext({ baseURL: this.uri, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto("/sign-in");
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Waiting for you" }).waitFor();
    return page;
  }

  /** A version of a model with files, from a run that is over; its page's path. */
  async version(page: Page, model: string, auc: number): Promise<string> {
    const call = async (method: "post" | "put", path: string, data: unknown) => {
      const answer = await page.request[method](path, { data: data as any, headers: { Origin: this.uri } });
      return answer.ok() ? await answer.json().catch(() => ({})) : {};
    };
    const api = "/api/2.0/mlflow";
    await call("post", `${api}/experiments/create`, { name: model });
    const found = await (await page.request.get(`${api}/experiments/get-by-name?experiment_name=${model}`)).json();
    const { run } = await call("post", `${api}/runs/create`, { experiment_id: found.experiment.experiment_id, start_time: Date.now() });
    const { run_id, artifact_uri } = run.info;
    await call("post", `${api}/runs/log-metric`, { run_id, key: "auc", value: auc, timestamp: Date.now() });
    const home = artifact_uri.replace("mlflow-artifacts:/", "/api/2.0/mlflow-artifacts/artifacts/");
    await call("put", `${home}/model/MLmodel`, "flavors: {}\n");
    await call("post", `${api}/runs/update`, { run_id, status: "FINISHED", end_time: Date.now() });
    await call("post", `${api}/registered-models/create`, { name: model });
    const made = await call("post", `${api}/model-versions/create`, { name: model, source: `${artifact_uri}/model`, run_id });
    return `/models/${model}/versions/${made.model_version.version}`;
  }
}
