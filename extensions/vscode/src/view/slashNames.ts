// The commands of the composer by name. No VS Code in it.

export const SLASH_COMMANDS = [
  { name: "new", detail: "Start a new thread", icon: "add" },
  { name: "threads", detail: "Show all threads", icon: "list-unordered" },
  { name: "model", detail: "Choose the model and how hard it thinks", icon: "chip" },
  { name: "approvals", detail: "Choose when Codex asks, and its sandbox", icon: "shield" },
  { name: "review", detail: "Have Codex review what is not committed", icon: "code-review" },
  { name: "compact", detail: "Sum up the conversation to make room", icon: "fold" },
  { name: "fork", detail: "Go on in a copy of this thread", icon: "repo-forked" },
  { name: "rename", detail: "Rename this thread", icon: "edit" },
  { name: "archive", detail: "Archive this thread", icon: "archive" },
  { name: "export", detail: "Open this thread as Markdown", icon: "export" },
];
