import { expect, test } from "vitest";
import { originRule, originsIn } from "./allowedOrigins";

const own = () => ["https://api.example.com"];

test("pages on this machine and on the server's own origins are allowed, others are not", () => {
  const allows = originRule([], own);
  for (const origin of [
    "http://localhost",
    "http://localhost:5173",
    "https://localhost:3000",
    "http://app.localhost:8080",
    "http://127.0.0.1:3211",
    "http://127.1.2.3",
    "http://[::1]:5173",
    "https://api.example.com",
  ])
    expect([origin, allows(origin)]).toEqual([origin, true]);
  for (const origin of [
    "null",
    "",
    "https://evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://evil.example/http://localhost",
    "http://localhost@evil.example",
    "http://evil.example#localhost",
    "https://api.example.com.evil.example",
    "http://api.example.com",
    "file://",
    "ftp://localhost",
    "http://192.168.0.1",
  ])
    expect([origin, allows(origin)]).toEqual([origin, false]);
});

test("the list allows more origins, all subdomains of a domain, or all origins", () => {
  const allows = originRule(["https://app.example.com", "https://*.example.org", "capacitor://app"], own);
  for (const origin of ["https://app.example.com", "https://a.example.org", "https://a.b.example.org"])
    expect([origin, allows(origin)]).toEqual([origin, true]);
  expect(allows("capacitor://app")).toBe(true);
  for (const origin of [
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://example.org",
    "http://a.example.org",
    "https://evil-example.org",
    "https://evil.example/.example.org",
  ])
    expect([origin, allows(origin)]).toEqual([origin, false]);
  expect(originRule(["*"], own)("null")).toBe(true);
});

test("entries are separated by commas, and an entry that matches no origin is refused", () => {
  expect(originsIn("--x", "")).toEqual([]);
  expect(originsIn("--x", " https://a.example, https://*.b.example ,")).toEqual([
    "https://a.example",
    "https://*.b.example",
  ]);
  expect(originsIn("--x", "*")).toEqual(["*"]);
  for (const entry of ["a.example", "https://a.example/", "https://A.example", "https://*", "https://a.*.b"])
    expect(() => originsIn("--x", entry)).toThrow(`--x accepts origins such as https://app.example.com, not`);
});
