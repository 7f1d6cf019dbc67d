// Looking through all shadow roots of the page at once.

/** Every element of the page, those in shadow roots too; to be run in the page. */
export function everyElement() {
  const all = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll("*")) {
      all.push(element);
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(document);
  return all;
}
