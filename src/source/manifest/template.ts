/** What a placeholder may stand for; null = there is none, as with the token of a page before the first one. */
export type ScopeValue = string | number | null;

/** Values by the name of the placeholder: `page`, `partition.year`, `secret.key`. */
export type Scope = ReadonlyMap<string, ScopeValue>;

/** Makes the value of a placeholder safe for where it stands. */
export type Escape = (value: string, name: string) => string;

/** A text with placeholders, compiled once. */
export interface Template {
  /** Every name that it uses, those of sections included; without repeats. */
  readonly names: readonly string[];
  /**
   * Writes the text.
   * @param escapeValue makes a value safe for where the text stands, by value and name; the text of the template itself is left alone
   * @returns null when it says nothing at all: no text of its own, and no placeholder with a value
   */
  render(scope: Scope, escapeValue?: Escape): string | null;
  /** Like {@link render}, but a template that is one placeholder and nothing else gives its value as it is, so that numbers stay numbers. */
  renderValue(scope: Scope): ScopeValue;
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: string }
  | { readonly kind: 'section'; readonly name: string; readonly nodes: readonly Node[] };

const TAG = /\{\{\s*([#/]?)\s*([A-Za-z][\w-]*(?:\.[\w-]+)*)\s*\}\}/g;

/**
 * Compiles a text with `{{ name }}` for a value and `{{# name }}…{{/ name }}` for what is left out when there is no such value. There is nothing
 * else: no expressions, no loops.
 * @throws SyntaxError that says what is wrong, when a brace is left open or a section is not closed
 */
export function compileTemplate(text: string): Template {
  const root: Node[] = [];
  const open: { name: string; nodes: Node[] }[] = [];
  const names = new Set<string>();
  let end = 0;
  const top = (): Node[] => open.at(-1)?.nodes ?? root;
  const addText = (piece: string): void => {
    if (piece.includes('{{')) {
      throw new SyntaxError(
        `"${piece.slice(piece.indexOf('{{')).slice(0, 40)}" is not a placeholder; write {{ name }}`,
      );
    }
    if (piece !== '') top().push({ kind: 'text', text: piece });
  };
  for (const match of text.matchAll(TAG)) {
    const [tag, mark, name = ''] = match;
    addText(text.slice(end, match.index));
    end = match.index + tag.length;
    if (mark === '/') {
      const section = open.pop();
      if (section?.name !== name) throw new SyntaxError(`${tag} closes a section that is not open`);
      top().push({ kind: 'section', ...section });
      continue;
    }
    names.add(name);
    if (mark === '#') open.push({ name, nodes: [] });
    else top().push({ kind: 'placeholder', name });
  }
  addText(text.slice(end));
  const left = open.at(-1);
  if (left !== undefined) throw new SyntaxError(`the section {{# ${left.name} }} is not closed by {{/ ${left.name} }}`);
  const only = root.length === 1 && root[0]?.kind === 'placeholder' ? root[0].name : null;
  const render: Template['render'] = (scope, escapeValue = (value) => value) => {
    const written = write(root, scope, escapeValue);
    return written === '' && root.length > 0 ? null : written;
  };
  return {
    names: [...names],
    render,
    renderValue: (scope) => (only === null ? render(scope) : (scope.get(only) ?? null)),
  };
}

function write(nodes: readonly Node[], scope: Scope, escapeValue: Escape): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text;
      const value = scope.get(node.name) ?? null;
      if (value === null) return '';
      return node.kind === 'section' ? write(node.nodes, scope, escapeValue) : escapeValue(String(value), node.name);
    })
    .join('');
}
