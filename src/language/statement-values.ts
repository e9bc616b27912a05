import type { Edits } from "./edits.ts"
import { children, type AnyNode, type Expression, type Program, type TopStatement } from "./parse.ts"

/**
 * Makes the value of a program explicit: each statement whose value may become
 * the program's stores it in `place`, which is undefined at first. Engines differ
 * in what they answer by themselves, and a script element answers nothing.
 */
export function keepValue(program: Program, source: string, edits: Edits, place: string): void {
  const reset = `${place}=void 0;`
  let saves = 0

  /** `isFresh`: nothing was stored since the last reset. */
  function keepList(statements: readonly TopStatement[], isFresh: boolean): void {
    // What comes before the last sure value does not matter, unless the list may be left before it.
    const from = statements.some(leaves) && statements !== program.body ? 0 : statements.findLastIndex(hasValue)
    let fresh = isFresh
    for (const statement of statements.slice(Math.max(from, 0))) {
      keep(statement, fresh, true)
      fresh &&= !mayHaveValue(statement)
    }
  }

  /** `outer`: the statement with the labels that belong to it. */
  function keep(statement: TopStatement, isFresh: boolean, isInList: boolean, outer = statement): void {
    const forget = (): void => {
      if (isFresh) return
      edits.open(outer.start, isInList ? reset : `{${reset}`)
      if (!isInList) edits.close(outer.end, "}")
    }
    switch (statement.type) {
      case "ExpressionStatement":
        return keepExpression(statement.start, source[statement.end - 1] === ";" ? statement.end - 1 : statement.end)
      case "ExportDefaultDeclaration":
        if (isExpression(statement.declaration)) keepExpression(statement.declaration.start, statement.declaration.end)
        return
      case "BlockStatement":
        return keepList(statement.body, isFresh)
      case "LabeledStatement":
        return keep(statement.body, isFresh, isInList, outer)
      case "IfStatement":
        forget()
        keep(statement.consequent, true, false)
        if (statement.alternate) keep(statement.alternate, true, false)
        return
      case "WithStatement":
        forget()
        return keep(statement.body, true, false)
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        forget()
        return keep(statement.body, false, false)
      case "SwitchStatement":
        forget()
        for (const { consequent } of statement.cases) keepList(consequent, false)
        return
      case "TryStatement": {
        const { block, handler, finalizer } = statement
        forget()
        keepList(block.body, true)
        if (handler) {
          if (mayHaveValue(block)) edits.open(handler.body.start + 1, reset)
          keepList(handler.body.body, true)
        }
        // The value of a `finally` counts only where it ends the statement early.
        if (finalizer && leaves(finalizer)) {
          const saved = `${place.replace(".", "")}${saves++}`
          edits.open(finalizer.start + 1, `const ${saved}=${place};${reset}`)
          edits.close(finalizer.end - 1, `;${place}=${saved}`)
          keepList(finalizer.body, true)
        }
      }
    }
  }

  function keepExpression(start: number, end: number): void {
    edits.open(start, `${place}=(`)
    edits.close(end, ")")
  }

  keepList(program.body, true)
}

/** Whether a statement, when it ends normally, has a value, be it undefined. */
function hasValue(statement: TopStatement): boolean {
  switch (statement.type) {
    case "BlockStatement":
      return statement.body.some(hasValue)
    case "LabeledStatement":
      return !leaves(statement.body) && hasValue(statement.body)
    case "ExportDefaultDeclaration":
      return isExpression(statement.declaration)
    case "ExpressionStatement":
    case "IfStatement":
    case "WithStatement":
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
    case "SwitchStatement":
    case "TryStatement":
      return true
    default:
      return false
  }
}

function mayHaveValue(statement: TopStatement): boolean {
  switch (statement.type) {
    case "BlockStatement":
      return statement.body.some(mayHaveValue)
    case "LabeledStatement":
      return mayHaveValue(statement.body)
    default:
      return hasValue(statement)
  }
}

/** Whether there is a `break` or `continue` inside. */
function leaves(node: AnyNode): boolean {
  switch (node.type) {
    case "BreakStatement":
    case "ContinueStatement":
      return true
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "ExpressionStatement":
    case "VariableDeclaration":
      return false
    default:
      return [...children(node)].some(leaves)
  }
}

/** What `export default` exports without declaring a name. */
function isExpression(declaration: AnyNode): declaration is Expression {
  return !("id" in declaration && declaration.id && declaration.type.endsWith("Declaration"))
}
