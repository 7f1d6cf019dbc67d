/** One line of a cart; prices are in cents. */
export interface Line {
  item: string;
  price: number;
  count: number;
}

/** The sum of all lines, in cents. */
export function total(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + line.price * line.count, 0);
}

/** Takes a discount given in percent off an amount in cents, rounded to whole cents. */
export function discounted(amount: number, percent: number): number {
  return Math.round(amount * (1 - percent / 100));
}

/** An amount in cents as people write it. */
export function formatted(amount: number): string {
  return `${(amount / 100).toFixed(2)} €`;
}
