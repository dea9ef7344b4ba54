/** What a training script does, through the REST API. */
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import type { APIRequestContext } from "@playwright/test";

export type Run = { uuid: string; name: string; experiment: string };

export class Api {
  constructor(private readonly request: APIRequestContext) {}

  private async post(call: string, body: unknown): Promise<any> {
    const reply = await this.request.post(`/api/2.0/mlflow/${call}`, { data: body });
    if (!reply.ok()) throw new Error(`${call} answered ${reply.status()}: ${await reply.text()}`);
    return reply.json();
  }

  /** Creates an experiment of its own for a test; returns its id. */
  async experiment(name = "test"): Promise<string> {
    return (await this.post("experiments/create", { name: `${name} ${randomUUID().slice(0, 8)}` })).experiment_id;
  }

  /** The id of a demo experiment. */
  async demo(name: string): Promise<string> {
    const found = await this.post("experiments/search", { filter: `name = '${name}'`, max_results: 1 });
    return found.experiments[0].experiment_id;
  }

  async search(experiment: string, filter: string): Promise<Run[]> {
    const found = await this.post("runs/search", { experiment_ids: [experiment], filter, max_results: 100 });
    return (found.runs ?? []).map((run: any) => ({ uuid: run.info.run_id, name: run.info.run_name, experiment }));
  }

  async run(
    experiment: string,
    name: string,
    logged: { params?: Record<string, string>; metrics?: Record<string, number[]>; tags?: Record<string, string>; running?: boolean } = {},
  ): Promise<Run> {
    const created = await this.post("runs/create", {
      experiment_id: experiment,
      run_name: name,
      start_time: Date.now(),
      tags: Object.entries(logged.tags ?? {}).map(([key, value]) => ({ key, value })),
    });
    const uuid = created.run.info.run_id;
    const timestamp = Date.now();
    await this.post("runs/log-batch", {
      run_id: uuid,
      params: Object.entries(logged.params ?? {}).map(([key, value]) => ({ key, value })),
      metrics: Object.entries(logged.metrics ?? {}).flatMap(([key, values]) =>
        values.map((value, step) => ({ key, value, step, timestamp: timestamp + step * 1000 })),
      ),
    });
    if (!logged.running) await this.finish(uuid);
    return { uuid, name, experiment };
  }

  async log(uuid: string, key: string, value: number, step: number): Promise<void> {
    await this.post("runs/log-metric", { run_id: uuid, key, value, step, timestamp: Date.now() });
  }

  /** Logs up to 1,000 points, the first at step `from`. */
  async batch(uuid: string, key: string, values: number[], from: number): Promise<void> {
    const timestamp = Date.now();
    const metrics = values.map((value, index) => ({ key, value, step: from + index, timestamp: timestamp + from + index }));
    await this.post("runs/log-batch", { run_id: uuid, metrics });
  }

  async finish(uuid: string, status = "FINISHED"): Promise<void> {
    await this.post("runs/update", { run_id: uuid, status, end_time: Date.now() });
  }

  /** Puts a file of `fixtures` among a run's artifacts. */
  async upload(run: Run, fixture: string, path = fixture): Promise<void> {
    const file = await readFile(new URL(`../fixtures/${fixture}`, import.meta.url));
    const place = `${run.experiment}/${run.uuid}/artifacts/${path}`;
    const reply = await this.request.put(`/api/2.0/mlflow-artifacts/artifacts/${place}`, {
      data: file,
      headers: { "content-type": "application/octet-stream" },
    });
    if (!reply.ok()) throw new Error(`the upload of ${path} answered ${reply.status()}: ${await reply.text()}`);
  }
}
