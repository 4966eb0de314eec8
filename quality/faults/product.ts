/** The product as a process of its own, started as `npm start` does it, and what can be seen of it from outside. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Program, type Ending } from "../../packages/convex-embedded/fixtures/program";
import type { WebhookSource } from "../../scripts/webhook/sign";

export const SECRETS: Record<WebhookSource, string> = {
  stripe: `whsec_${randomBytes(24).toString("hex")}`,
  clerk: `whsec_${randomBytes(24).toString("base64")}`,
  github: randomBytes(24).toString("hex"),
};

const SETTINGS = {
  STRIPE_WEBHOOK_SECRET: SECRETS.stripe,
  CLERK_WEBHOOK_SECRET: SECRETS.clerk,
  GITHUB_WEBHOOK_SECRET: SECRETS.github,
  RATE_LIMIT_KEY_PER_MINUTE: "0",
  RATE_LIMIT_IP_PER_MINUTE: "0",
};

/** Descriptors that need not be leaks: connections that `fetch` keeps for its next request. */
export const OTHERS = 8;

export interface Start {
  /** The data directory. */
  readonly data: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Of the process: how Node is started. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A directory of its own for this test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "faults-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export class Product extends Program {
  private constructor({ data, settings, env = {} }: Start) {
    const file = join(temporaryDirectory(), "env");
    const lines = Object.entries({ ...SETTINGS, ...settings }).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, lines.join(""));
    const args = ["--port", "0", "--data", data, "--env-file", file];
    super(["scripts/run.mjs", "embedded/main.ts", ...args], { env });
  }

  /** Starts it, and waits for nothing. */
  static launch(start: Start): Product {
    return new Product(start);
  }

  /** Starts it and waits until it answers. */
  static async start(start: Start): Promise<Product> {
    const product = new Product(start);
    await product.line(/^ready /);
    return product;
  }

  /** Starts what is to refuse. @returns its status, and all that it printed. @throws Error if it gets ready. */
  static async refused(start: Start): Promise<{ status: number | null; printed: string }> {
    const product = new Product(start);
    const first = await Promise.race([product.ended, product.line(/^ready /).catch(() => product.ended)]);
    if (typeof first === "string") throw new Error(`It has started:\n${product.lines.join("\n")}`);
    return { status: first.code, printed: product.lines.join("\n") };
  }

  /** Where the API is. */
  get url(): string {
    return this.#said("api");
  }

  /** The key with all scopes, which only the first start prints. */
  get key(): string {
    return this.#said("key");
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  /** Stops it as systemd does. */
  async stop(): Promise<Ending> {
    this.process.kill("SIGTERM");
    return this.ended;
  }

  /** Open files and sockets. */
  descriptors(): number {
    return readdirSync(`/proc/${this.process.pid}/fd`).length;
  }

  /** Resident memory in bytes. */
  memory(): number {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.process.pid}/status`, "utf8"))?.[1];
    return Number(kilobytes) * 1024;
  }

  #said(word: string): string {
    const line = this.lines.find((one) => one.startsWith(`${word} `));
    if (line === undefined) throw new Error(`It has not said ${word}`);
    return line.slice(word.length).trim();
  }
}
