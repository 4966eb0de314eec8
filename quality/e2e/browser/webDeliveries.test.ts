/** The example frontend: registering an address for webhooks, and the live list of its deliveries. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { problem, signedIn, useTestSite } from "./frontend";

useTestSite();

/** Starts a partner's server that replies with these statuses in turn, the last one again and again. */
async function partner(...statuses: number[]) {
  const ids: unknown[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const status = statuses[Math.min(ids.length, statuses.length - 1)] ?? 204;
    ids.push(request.headers["webhook-id"]);
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ids };
}

async function register(page: Page, url: string): Promise<void> {
  await page.getByRole("textbox", { name: "Address" }).fill(url);
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByRole("status").getByText("The address is registered.").waitFor();
}

const deliveries = (page: Page) => page.getByRole("list", { name: "Deliveries" }).getByRole("listitem");

test("a delivery appears, its retry succeeds, and it is sent again on request", async () => {
  const { page, call, complaints } = await signedIn();
  const { url, ids } = await partner(500, 204);
  await register(page, url);
  expect(await page.getByText("The signing secret").textContent()).toMatch(/whsec_\S+/);
  await call("/api/items", { method: "POST", body: '{"name":"bolt"}' });
  const delivery = deliveries(page).filter({ hasText: "item.created" });
  await delivery.getByText("The reply has the status 500, next attempt at").waitFor();
  const again = delivery.getByRole("button", { name: "Send again: item.created" });
  expect(await again.getAttribute("aria-disabled")).toBe("true");
  // The API sends it again after 5 seconds, and the page reads that without being told.
  await delivery.getByText("succeeded").waitFor();
  await again.focus();
  await again.click();
  await page.getByRole("status").getByText("The event is sent again.").waitFor();
  await expect.poll(() => ids).toEqual([ids[0], ids[0], ids[0]]);
  await delivery.getByText("succeeded").waitFor();
  expect(await again.evaluate((button) => button === document.activeElement)).toBe(true);
  expect(complaints).toEqual([]);
});

test("a test event is sent, and the list stays after a reload", async () => {
  const { page, complaints } = await signedIn();
  const { url, ids } = await partner(204);
  await register(page, url);
  await page.getByRole("button", { name: "Send a test event" }).click();
  await deliveries(page).filter({ hasText: "ping" }).getByText("succeeded").waitFor();
  expect(ids).toHaveLength(1);
  await page.reload();
  await deliveries(page).filter({ hasText: "ping" }).waitFor();
  expect(await page.getByText("The signing secret").isVisible()).toBe(false);
  expect(complaints).toEqual([]);
});

test("an address that the API refuses shows the reason at the field", async () => {
  const { page } = await signedIn();
  await page.getByRole("textbox", { name: "Address" }).fill("https://10.0.0.1/");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText("must not lead to a private or reserved address").waitFor();
  expect(await page.getByRole("textbox", { name: "Address" }).getAttribute("aria-invalid")).toBe("true");
  expect(await problem(page).isVisible()).toBe(false);
});

test.each([320, 390, 1400])("the list fits into %i pixels", async (width) => {
  const { page } = await signedIn();
  const { url } = await partner(500);
  await register(page, `${url}${"long".repeat(50)}`);
  await page.getByRole("button", { name: "Send a test event" }).click();
  await deliveries(page).getByText("The reply has the status 500").waitFor();
  await page.setViewportSize({ width, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
});
