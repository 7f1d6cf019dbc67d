import { defineConfig } from "vitest/config";

// The time only ends a test that hangs: a busy machine is slow.
export default defineConfig({ test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 } });
