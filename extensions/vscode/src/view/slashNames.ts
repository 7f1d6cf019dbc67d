// The commands of the composer by name. No VS Code in it.

import { t } from "../l10n";
export const SLASH_COMMANDS = [
  { name: "new", detail: t("Start a new thread"), icon: "add" },
  { name: "threads", detail: t("Show all threads"), icon: "list-unordered" },
  { name: "model", detail: t("Choose the model and how hard it thinks"), icon: "chip" },
  { name: "approvals", detail: t("Choose when Codex asks, and its sandbox"), icon: "shield" },
  { name: "review", detail: t("Have Codex review what is not committed"), icon: "code-review" },
  { name: "compact", detail: t("Sum up the conversation to make room"), icon: "fold" },
  { name: "fork", detail: t("Go on in a copy of this thread"), icon: "repo-forked" },
  { name: "rename", detail: t("Rename this thread"), icon: "edit" },
  { name: "archive", detail: t("Archive this thread"), icon: "archive" },
  { name: "export", detail: t("Open this thread as Markdown"), icon: "export" },
];
