// What a person folded or unfolded, by name: rows that are scrolled away lose their elements.

const folds = new Map<string, boolean>();

export function isOpen(name: string, otherwise: boolean): boolean {
  return folds.get(name) ?? otherwise;
}

export function setOpen(name: string, open: boolean): void {
  folds.set(name, open);
}
