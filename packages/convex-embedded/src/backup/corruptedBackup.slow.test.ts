/** Every truncation and every changed byte of a backup is refused before any file is unpacked. */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import { serveFiles, uploaded } from "../../fixtures/stored";
import { backUp } from "./backup";
import { restore } from "./restore";

/** Returns the bytes of a valid backup with one note and one stored file. */
async function soundBackup(): Promise<Buffer> {
  const server = await serveFiles();
  await server.run("files:note", { text: "from the backup" });
  await uploaded(server, "bytes");
  const file = join(temporaryDirectory(), "good.zip");
  await backUp({ directory: server.dataDirectory, file });
  return readFileSync(file);
}

test("a backup truncated at any byte is refused", async () => {
  const sound = await soundBackup();
  const { file, refused } = copyOf(sound);
  for (let length = sound.length - 1; length >= 0; length--) {
    truncateSync(file, length);
    await refused(`cut to ${length} bytes`);
  }
});

test("a backup with any single changed byte is refused", async () => {
  const sound = await soundBackup();
  const { file, directory, refused } = copyOf(sound);
  const handle = openSync(file, "r+");
  onTestFinished(() => closeSync(handle));
  const write = (at: number, byte: number): number => writeSync(handle, Buffer.of(byte), 0, 1, at);
  for (const [at, byte] of sound.entries()) {
    // One bit of each byte, and every bit of the checksum at the end.
    const bits = at < sound.length - 71 ? [at % 8] : [0, 1, 2, 3, 4, 5, 6, 7];
    for (const other of bits.map((bit) => byte ^ (1 << bit))) {
      write(at, other);
      await refused(`byte ${at} is ${other}, not ${byte}`);
    }
    write(at, byte);
  }
  await restore({ file, directory, replace: false });
});

/** Creates a copy of the backup, and a check that restoring it fails and creates no files. */
function copyOf(sound: Buffer) {
  const directory = join(temporaryDirectory(), "data");
  const file = join(temporaryDirectory(), "changed.zip");
  writeFileSync(file, sound);
  const refused = async (change: string): Promise<void> => {
    const error = await restore({ file, directory, replace: false }).then(
      () => "it was restored",
      (reason: unknown) => String(reason),
    );
    expect(error, change).toContain(`${file} cannot be restored: `);
    expect(existsSync(directory), change).toBe(false);
  };
  return { file, directory, refused };
}
