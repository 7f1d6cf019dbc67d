// One set of rules for the extension's TypeScript and the tools' and tests' plain modules.
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import globals from "globals";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores([
    "**/node_modules",
    "**/dist",
    "**/target",
    "**/.venv",
    ".outrigger",
    "**/*.generated.ts",
    "tests/vscode/results",
  ]),
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-console": "off",
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: globals.node },
  },
  {
    // Story files hand functions to a page, where they run.
    files: ["tests/vscode/**/*.mjs"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ["tests/tools/sample/**"],
    extends: [tseslint.configs.strict],
  },
  {
    files: ["extensions/vscode/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in templates read well; every other type has to be put into words.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "CallExpression[callee.property.name=/^(sendRequest|sendNotification|onNotification)$/][arguments.0.type='Literal']",
          message: "Go through the typed door of the protocol: a renamed method must break tsc, not a user.",
        },
      ],
    },
  },
  {
    // Behind the door: what LSP itself names.
    files: ["extensions/vscode/src/lsp/*.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    // The rules that need types want a TypeScript project; build scripts have none.
    files: ["extensions/vscode/*.config.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
);
