// Text of a model as HTML. It is untrusted: what is not plain formatting is taken out.

import DOMPurify from "dompurify";
import { Marked } from "marked";

const marked = new Marked({ gfm: true, breaks: true, async: false });

const ALLOWED_TAGS = [
  ...[
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "li",
    "ol",
    "p",
  ],
  ...["pre", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"],
];

export function markdownHtml(text: string): string {
  const html = marked.parse(text, { async: false });
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ["href", "title", "start", "align"],
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|[^:/?#]+(?:[/?#]|$)|\/|\.|#)/i,
  });
}
