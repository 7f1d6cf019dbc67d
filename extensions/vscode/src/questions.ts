// Questions that Codex asks, and the answer in the shape that the app-server's schema gives.

import type { Approval } from "./protocol.generated";

export type Question = {
  id: string;
  header: string;
  question: string;
  /** Free text is welcome beside the options. */
  isOther: boolean;
  isSecret: boolean;
  options: { label: string; description: string }[];
};

export type Answers = { answers: Record<string, { answers: string[] }> };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The questions of an approval, as `questions` or as the request has them. */
export function questionsOf(approval: Pick<Approval, "questions" | "request">): Question[] {
  const request = isRecord(approval.request) ? approval.request["questions"] : null;
  const list = [approval.questions, request].find((found): found is unknown[] => Array.isArray(found)) ?? [];
  return list.filter(isRecord).map((question) => {
    const options = Array.isArray(question["options"]) ? question["options"].filter(isRecord) : [];
    return {
      id: text(question["id"]),
      header: text(question["header"]),
      question: text(question["question"]),
      isOther: question["isOther"] === true || options.length === 0,
      isSecret: question["isSecret"] === true,
      options: options.map((option) => ({ label: text(option["label"]), description: text(option["description"]) })),
    };
  });
}

/** The answer to send; null while a question has none. */
export function answersOf(questions: Question[], given: Record<string, string>): Answers | null {
  const answers: Answers["answers"] = {};
  for (const { id } of questions) {
    const answer = given[id]?.trim();
    if (!answer) return null;
    answers[id] = { answers: [answer] };
  }
  return { answers };
}
