import axe from "axe-core";
import type { Page } from "@playwright/test";

/** What axe finds, in short. */
export async function problems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    // What is in another document's frame isn't ours.
    const found = await (window as any).axe.run({ exclude: ["iframe"] }, { iframes: false });
    return found.violations.flatMap((violation: any) =>
      violation.nodes.map((node: any) => `${violation.id}: ${node.target} ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`),
    );
  });
}
