import { reportInitialised } from "./declarations.ts"
import type { Edits } from "./edits.ts"
import { blankOf } from "./lines.ts"
import type { AnyNode, TopStatement } from "./parse.ts"

type Import = TopStatement & { type: "ImportDeclaration" }
type Source = Pick<Import, "attributes" | "source">

/**
 * Takes `import` and `export` out of a statement. Returns what loads the modules
 * that it names, to be run before all else. The names get the values of now: a
 * binding of the global scope cannot follow one of a module.
 */
export function takeModuleWords(statement: TopStatement, source: string, edits: Edits, box: string): string {
  const textOf = ({ start, end }: AnyNode): string => source.slice(start, end)

  function blank(start: number, end: number): void {
    edits.replace(start, end, blankOf(source.slice(start, end)))
  }

  function remove({ start, end }: TopStatement): void {
    edits.replace(start, end, `;${blankOf(source.slice(start + 1, end))}`)
  }

  function load({ source: from, attributes }: Source): string {
    const options = attributes.length > 0 ? `,{with:{${attributes.map(textOf).join()}}}` : ""
    return `await import(${textOf(from)}${options})`
  }

  switch (statement.type) {
    case "ImportDeclaration":
      remove(statement)
      return statement.specifiers.length > 0 ? bind(statement, load(statement), box) : `${load(statement)};`
    case "ExportAllDeclaration":
      remove(statement)
      return `${load(statement)};`
    case "ExportNamedDeclaration": {
      const { declaration, source: from, attributes, start } = statement
      if (declaration) blank(start, declaration.start)
      else remove(statement)
      return from ? `${load({ source: from, attributes })};` : ""
    }
    case "ExportDefaultDeclaration":
      blank(statement.start, statement.declaration.start)
      return ""
    default:
      return ""
  }
}

function bind({ specifiers, source }: Import, load: string, box: string): string {
  const module = `${box}m`
  const checks: string[] = []
  const assignments = specifiers.map((specifier) => {
    const { name } = specifier.local
    if (specifier.type === "ImportNamespaceSpecifier") return `${name}=${module}`
    const key = specifier.type === "ImportDefaultSpecifier" ? "default" : keyOf(specifier.imported)
    const complaint = `The requested module '${String(source.value)}' does not provide an export named '${key}'`
    checks.push(`if(!(${JSON.stringify(key)} in ${module}))throw SyntaxError(${JSON.stringify(complaint)});`)
    return `${name}=${module}[${JSON.stringify(key)}]`
  })
  const names = specifiers.map(({ local }) => local.name)
  const assign = `void [${assignments.join()}${reportInitialised(names, box)}];`
  return `{const ${module}=${load};${checks.join("")}${assign}}`
}

function keyOf(
  imported:
    | { readonly type: "Identifier"; readonly name: string }
    | { readonly type: "Literal"; readonly value?: unknown },
): string {
  return imported.type === "Identifier" ? imported.name : String(imported.value)
}
