/** The part of the toolkit that tests read cubes with; it has no types of its own. */
declare module 'jsonstat-toolkit' {
  interface Cell {
    readonly value: number | string | null;
    readonly status?: string | null;
  }
  interface Cube {
    readonly class: string;
    readonly label: string;
    readonly id: readonly string[];
    readonly size: readonly number[];
    readonly role: Readonly<Record<string, readonly string[] | null>>;
    /** How many cells. */
    readonly n: number;
    Data(key: Readonly<Record<string, string>>): Cell;
    Dimension(id: string): { Category(id: string): { readonly label: string } };
  }
  export default function JSONstat(response: unknown): Cube;
}
