import {
  children,
  parse,
  type AnyNode,
  type Class,
  type Function,
  type FunctionDeclaration,
  type Pattern,
  type Program,
  type VariableDeclaration,
} from "./parse.ts"

/** A region of the source with names of its own. */
export interface Scope {
  /** Absent for the input's own top level. */
  readonly parent: Scope | undefined
  /** Where `var` puts its names: the nearest function, or the top level. */
  readonly varScope: Scope
  readonly names: Set<string>
  readonly node: AnyNode
  /** Inside `with`: any name may be a property instead. */
  readonly isDynamic: boolean
}

/** A name that belongs to no scope inside the input: of the page, or declared at the top level. */
export interface Reference {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly scope: Scope
  /** `probe`: by `typeof`, which is content with names that are not there. */
  readonly how: "read" | "call" | "write" | "probe"
  /** `{name}`: the property's key and the reference in one. */
  readonly isShorthand: boolean
}

/** A `let`, `const`, `class`, `using` or `import` at the top level. A class is as free as a `let`. */
export interface Lexical {
  readonly name: string
  readonly kind: "let" | "const"
  /** Up to where it has no value yet. */
  readonly initialisedAt: number
}

/** A declaration with the names that each of its declarators binds, and the loop in whose head it stands. */
export interface Declaration {
  readonly node: VariableDeclaration
  readonly bound: readonly string[][]
  readonly loop: AnyNode | undefined
}

/** A function in a block, which sloppy code sees outside of it too (Annex B of the language). */
export interface BlockFunction {
  readonly name: string
  readonly node: FunctionDeclaration
  /** The block, switch or function itself that would hold the name back. */
  readonly holder: AnyNode
  /** Whether nothing in between has the name. */
  readonly escapes: boolean
}

/** What an input declares and uses, as far as its rewriting must know. */
export interface Names {
  readonly lexicals: Lexical[]
  readonly vars: Set<string>
  /** At the top level. */
  readonly functions: FunctionDeclaration[]
  /** Those that must become assignments: `var` anywhere outside functions, the others at the top level. */
  readonly declarations: Declaration[]
  /** At the top level. */
  readonly classes: Class[]
  readonly blockFunctions: BlockFunction[]
  readonly references: Reference[]
  /** Calls of `eval` outside functions that see no scope but the top level's. */
  readonly evalCallees: AnyNode[]
  /** `import(…)`, by where it starts. */
  readonly importCalls: number[]
  /** There is an `import` or `export … from`. */
  readonly loadsModules: boolean
  /** The bodies of all loops, in functions too. */
  readonly loopBodies: AnyNode[]
  /** Where a call, or something else that may run other code, ends outside functions. */
  readonly callEnds: number[]
  readonly awaits: boolean
  /** Something that the parser let pass and an engine does not, by its offset. */
  readonly wrongAt: number | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export function findNames(program: Program, isStrict: boolean): Names {
  const names: Mutable<Names> = {
    lexicals: [],
    vars: new Set(),
    functions: [],
    declarations: [],
    classes: [],
    blockFunctions: [],
    references: [],
    evalCallees: [],
    importCalls: [],
    loadsModules: false,
    loopBodies: [],
    callEnds: [],
    awaits: false,
    wrongAt: undefined,
  }
  const top = { parent: undefined, names: new Set<string>(), node: program, isDynamic: false } as Mutable<Scope>
  top.varScope = top
  const blockFunctions: (BlockFunction & { readonly scope: Scope })[] = []

  function inner(parent: Scope, node: AnyNode, kind: "block" | "function" | "with" = "block"): Scope {
    const scope = { parent, names: new Set(), node, isDynamic: parent.isDynamic || kind === "with" } as Mutable<Scope>
    scope.varScope = kind === "function" ? scope : parent.varScope
    return scope
  }

  function refer(node: AnyNode, scope: Scope, how: Reference["how"], isShorthand = false): void {
    if (node.type === "Identifier") {
      names.references.push({ name: node.name, start: node.start, end: node.end, scope, how, isShorthand })
    } else visit(node, scope)
  }

  /** A pattern that declares: its names go to `declare`, its defaults and computed keys are ordinary code. */
  function bind(pattern: Pattern, scope: Scope, declare: (name: string) => void): void {
    switch (pattern.type) {
      case "Identifier":
        if (pattern.name === "await" && scope.varScope === top) names.wrongAt ??= pattern.start
        return declare(pattern.name)
      case "AssignmentPattern":
        bind(pattern.left, scope, declare)
        return visit(pattern.right, scope)
      case "ArrayPattern":
        for (const element of pattern.elements) if (element) bind(element, scope, declare)
        return
      case "RestElement":
        return bind(pattern.argument, scope, declare)
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") bind(property.argument, scope, declare)
          else {
            if (property.computed) visit(property.key, scope)
            bind(property.value, scope, declare)
          }
        }
        return
      case "MemberExpression":
        return visit(pattern, scope)
      default:
        pattern satisfies never
    }
  }

  /** A pattern that assigns. */
  function assign(pattern: AnyNode, scope: Scope, isShorthand = false): void {
    switch (pattern.type) {
      case "AssignmentPattern":
        assign(pattern.left, scope, isShorthand)
        return visit(pattern.right, scope)
      case "ArrayPattern":
        for (const element of pattern.elements) if (element) assign(element, scope)
        return
      case "RestElement":
        return assign(pattern.argument, scope)
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") assign(property.argument, scope)
          else {
            if (property.computed) visit(property.key, scope)
            assign(property.value, scope, property.shorthand)
          }
        }
        return
      default:
        return refer(pattern, scope, "write", isShorthand)
    }
  }

  function visitDeclaration(node: VariableDeclaration, scope: Scope, loop?: AnyNode): void {
    if (node.kind === "await using" && scope.varScope === top) names.awaits = true
    const owner = node.kind === "var" ? scope.varScope : scope
    const bound = node.declarations.map((): string[] => [])
    if (owner === top) names.declarations.push({ node, bound, loop })
    for (const [index, { id, init, end }] of node.declarations.entries()) {
      bind(id, scope, (name) => {
        bound[index]!.push(name)
        if (owner !== top) owner.names.add(name)
        else if (node.kind === "var") names.vars.add(name)
        else names.lexicals.push({ name, kind: node.kind === "let" ? "let" : "const", initialisedAt: end })
      })
      if (init) visit(init, scope)
    }
  }

  function visitFunction(node: Function & AnyNode, scope: Scope): void {
    const own = inner(scope, node, "function")
    if (node.type === "FunctionExpression" && node.id) own.names.add(node.id.name)
    if (node.type !== "ArrowFunctionExpression") own.names.add("arguments")
    for (const parameter of node.params) bind(parameter, own, (name) => own.names.add(name))
    if (node.body.type === "BlockStatement") visitAll(node.body.body, own)
    else visit(node.body, own)
  }

  function visitFunctionDeclaration(node: FunctionDeclaration, scope: Scope): void {
    const name = node.id.name
    if (name === "await" && scope.varScope === top) names.wrongAt ??= node.id.start
    if (scope === top) names.functions.push(node)
    else {
      scope.names.add(name)
      if (!isStrict && !node.async && !node.generator && scope.varScope !== scope) {
        if (scope.varScope === top) blockFunctions.push({ name, node, holder: scope.node, escapes: true, scope })
        else scope.varScope.names.add(name)
      }
    }
    visitFunction(node, scope)
  }

  function visitClass(node: Class & AnyNode, scope: Scope): void {
    if (node.type === "ClassDeclaration" && node.id) {
      if (node.id.name === "await" && scope.varScope === top) names.wrongAt ??= node.id.start
      if (scope === top) {
        names.classes.push(node)
        names.lexicals.push({ name: node.id.name, kind: "let", initialisedAt: node.end })
      } else scope.names.add(node.id.name)
    }
    const own = inner(scope, node)
    if (node.id) own.names.add(node.id.name)
    if (node.superClass) visit(node.superClass, own)
    for (const member of node.body.body) {
      if (member.type === "StaticBlock") visitAll(member.body, inner(own, member, "function"))
      else {
        if (member.computed) visit(member.key, own)
        if (member.value)
          visit(member.value, member.type === "PropertyDefinition" ? inner(own, member, "function") : own)
      }
    }
  }

  function visitBody(body: AnyNode, scope: Scope): void {
    names.loopBodies.push(body)
    visit(body, scope)
  }

  function visitAll(nodes: readonly AnyNode[], scope: Scope): void {
    for (const node of nodes) visit(node, scope)
  }

  function visitLoop(node: AnyNode & { type: "ForInStatement" | "ForOfStatement" }, scope: Scope): void {
    if (node.type === "ForOfStatement" && node.await && scope.varScope === top) names.awaits = true
    const own = inner(scope, node)
    if (node.left.type === "VariableDeclaration") visitDeclaration(node.left, own, node)
    else assign(node.left, own)
    visit(node.right, own)
    visitBody(node.body, own)
  }

  function visit(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case "Identifier":
        return refer(node, scope, "read")
      case "FunctionDeclaration":
        return node.id ? visitFunctionDeclaration(node as FunctionDeclaration, scope) : visitFunction(node, scope)
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return visitFunction(node, scope)
      case "ClassDeclaration":
      case "ClassExpression":
        return visitClass(node, scope)
      case "VariableDeclaration":
        return visitDeclaration(node, scope)
      case "BlockStatement":
        return visitAll(node.body, inner(scope, node))
      case "IfStatement":
        visit(node.test, scope)
        for (const branch of [node.consequent, node.alternate]) {
          if (branch) visit(branch, branch.type === "FunctionDeclaration" ? inner(scope, branch) : scope)
        }
        return
      case "ForStatement": {
        const own = inner(scope, node)
        if (node.init?.type === "VariableDeclaration") visitDeclaration(node.init, own, node)
        else if (node.init) visit(node.init, own)
        if (node.test) visit(node.test, own)
        if (node.update) visit(node.update, own)
        return visitBody(node.body, own)
      }
      case "ForInStatement":
      case "ForOfStatement":
        return visitLoop(node, scope)
      case "WhileStatement":
      case "DoWhileStatement":
        visit(node.test, scope)
        return visitBody(node.body, scope)
      case "SwitchStatement": {
        visit(node.discriminant, scope)
        const own = inner(scope, node)
        for (const { test, consequent } of node.cases) {
          if (test) visit(test, own)
          visitAll(consequent, own)
        }
        return
      }
      case "CatchClause": {
        const own = inner(scope, node)
        if (node.param) bind(node.param, own, (name) => own.names.add(name))
        return visit(node.body, own)
      }
      case "WithStatement":
        visit(node.object, scope)
        return visit(node.body, inner(scope, node, "with"))
      case "LabeledStatement":
        return visit(node.body, scope)
      case "BreakStatement":
      case "ContinueStatement":
        return
      case "MetaProperty":
        if (node.meta.name === "import") names.wrongAt ??= node.property.start
        return
      case "MemberExpression":
        visit(node.object, scope)
        if (node.computed) visit(node.property, scope)
        return
      case "Property":
        if (node.computed) visit(node.key, scope)
        return node.shorthand ? refer(node.value, scope, "read", true) : visit(node.value, scope)
      case "AssignmentExpression":
        assign(node.left, scope)
        return visit(node.right, scope)
      case "UpdateExpression":
        return assign(node.argument, scope)
      case "UnaryExpression":
        if (node.operator === "typeof") return refer(node.argument, scope, "probe")
        // `delete name` is about the name, not about what it holds.
        if (node.operator !== "delete" || node.argument.type !== "Identifier") visit(node.argument, scope)
        return
      case "NewExpression":
        call(node, scope)
        visit(node.callee, scope)
        return visitAll(node.arguments, scope)
      case "CallExpression":
        call(node, scope)
        if (node.callee.type !== "Identifier") visit(node.callee, scope)
        else if (node.callee.name === "eval" && !node.optional) visitEval(node.callee, scope)
        else refer(node.callee, scope, "call")
        if (isEval(node.callee)) visitEvaluated(node.arguments[0], node.callee.type === "Identifier" ? scope : top)
        return visitAll(node.arguments, scope)
      case "TaggedTemplateExpression":
        call(node, scope)
        refer(node.tag, scope, "call")
        return visit(node.quasi, scope)
      case "AwaitExpression":
        call(node, scope)
        if (scope.varScope === top) names.awaits = true
        return visit(node.argument, scope)
      case "ImportExpression":
        names.importCalls.push(node.start)
        visit(node.source, scope)
        if (node.options) visit(node.options, scope)
        return
      case "ImportDeclaration":
        if (scope !== top) names.wrongAt ??= node.start
        names.awaits = names.loadsModules = true
        for (const { local } of node.specifiers) {
          names.lexicals.push({ name: local.name, kind: "const", initialisedAt: 0 })
        }
        return
      case "ExportAllDeclaration":
      case "ExportDefaultDeclaration":
      case "ExportNamedDeclaration":
        if (scope !== top) names.wrongAt ??= node.start
        if ("source" in node && node.source) names.awaits = names.loadsModules = true
        if ("declaration" in node && node.declaration) visit(node.declaration, scope)
        return
      default:
        for (const child of children(node)) visit(child, scope)
    }
  }

  function call(node: AnyNode, scope: Scope): void {
    if (scope.varScope === top) names.callEnds.push(node.end)
  }

  function visitEval(callee: AnyNode, scope: Scope): void {
    if (scope.varScope !== top || scope.isDynamic || isStrict) return
    for (let outer: Scope | undefined = scope; outer !== top; outer = outer!.parent) if (outer!.names.size > 0) return
    names.evalCallees.push(callee)
  }

  /** What `eval` is given as a plain string is code like the rest: it uses names too. */
  function visitEvaluated(code: AnyNode | undefined, scope: Scope): void {
    if (code?.type !== "Literal" || typeof code.value !== "string" || code.raw?.includes("\\")) return
    const evaluated = parse(code.value)
    if ("message" in evaluated) return
    const shift = code.start + 1
    const { references, lexicals, vars, functions } = findNames(evaluated, isStrict)
    const own = new Set([...lexicals.map(({ name }) => name), ...vars, ...functions.map(({ id }) => id.name)])
    for (const reference of references) {
      if (own.has(reference.name)) continue
      names.references.push({ ...reference, start: reference.start + shift, end: reference.end + shift, scope })
    }
  }

  function isLocal({ name, scope }: Reference): boolean {
    for (let outer: Scope | undefined = scope; outer; outer = outer.parent) if (outer.names.has(name)) return true
    return false
  }

  /** Whether a `var` of the name in the function's place would clash with nothing on its way to the top. */
  function mayEscape({ name, scope }: { readonly name: string; readonly scope: Scope }): boolean {
    for (let outer = scope.parent!; outer !== top; outer = outer.parent!) {
      if (outer.names.has(name) && outer.node.type !== "CatchClause") return false
    }
    return !names.lexicals.some((lexical) => lexical.name === name)
  }

  visitAll(program.body, top)
  names.references = names.references.filter((reference) => !isLocal(reference))
  names.blockFunctions = blockFunctions.map((found) => ({ ...found, escapes: mayEscape(found) }))
  for (const { name, escapes } of names.blockFunctions) if (escapes) names.vars.add(name)
  return names
}

/** `eval` or `(0, eval)`. */
function isEval(callee: AnyNode): boolean {
  const last = callee.type === "SequenceExpression" ? callee.expressions.at(-1)! : callee
  return last.type === "Identifier" && last.name === "eval"
}
