// Styles that are known only when something is drawn. They are set as properties: the page's policy forbids the style
// attribute, which Lit's own `styleMap` writes first.

import { nothing } from "lit";
import { Directive, directive, type ElementPart } from "lit/directive.js";

type Styles = Record<string, string | undefined>;

class Painted extends Directive {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- It is what types the arguments of `painted`.
  override render(_styles: Styles): typeof nothing {
    return nothing;
  }

  override update({ element }: ElementPart, [styles]: [Styles]): typeof nothing {
    const { style } = element as HTMLElement;
    for (const [name, value] of Object.entries(styles)) {
      if (value === undefined) style.removeProperty(name);
      else style.setProperty(name, value);
    }
    return nothing;
  }
}

/** Sets CSS properties of the element it stands in. */
export const painted = directive(Painted);
