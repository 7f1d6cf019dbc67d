/** The part of the day, for choosing words. */
export type PartOfDay = "morning" | "afternoon" | "evening";

/** A person who walks into the shop. */
export interface Customer {
  name: string;
  visits: number;
}

/** The part of the day at an hour from 0 to 23. */
export function partOfDay(hour: number): PartOfDay {
  if (hour < 12) return "morning";
  if (hour < 18) return "afternoon";
  return "evening";
}

/** Greets a customer by name. */
export function greet(customer: Customer, hour: number): string {
  const part = partOfDay(hour);
  return `Good ${part}, ${customer.name}!`;
}

/** Says how well the shop knows a customer. */
export function welcome(customer: Customer): string {
  if (customer.visits === 0) return "Welcome to the corner shop.";
  if (customer.visits < 5) return "Good to see you again.";
  return "The usual?";
}

/** Says goodbye, with thanks when something was bought. */
export function farewell(customer: Customer, bought: boolean): string {
  const thanks = bought ? "Thank you, " : "Goodbye, ";
  return `${thanks}${customer.name}.`;
}
