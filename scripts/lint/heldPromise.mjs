/**
 * An ESLint rule: a promise is awaited, returned or passed on where it is made.
 *
 * Convex ends a request with 500 when a promise is rejected and has no handler by the next microtask checkpoint, even if
 * the code would await it a moment later. Between `const work = start()` and `await work` lies such a moment, and between
 * the two elements of `[start(), await other()]` another. So no variable, property, parameter or return of a list holds a
 * promise; who needs one later takes a function that starts the work.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
export const heldPromise = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      held: "Await, return or pass on a promise where it is made: one that rejects before it has a handler ends the request on Convex.",
      parameter:
        "Take a function that starts the work instead of a promise, so that its handler is there when it starts.",
      sibling: "Await the rest first: this promise has no handler while what follows it is awaited.",
    },
  },
  create(context) {
    const { sourceCode } = context;
    const services = sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const isPromise = (type) => type.getProperty("then") !== undefined;

    /** A promise, or a list of them: `items.map(async …)`. */
    const holdsPromise = (node) => {
      const type = services.getTypeAtLocation(node);
      if (isPromise(type)) return true;
      const isList = checker.isArrayType(type) || checker.isTupleType(type);
      return isList && checker.getTypeArguments(type).some(isPromise);
    };
    const check = (node, messageId = "held") => {
      if (node && holdsPromise(node)) context.report({ node, messageId });
    };

    /** Whether evaluating a node awaits something. */
    const awaits = (node) => {
      if (node.type === "AwaitExpression") return true;
      if (/Function/.test(node.type)) return false;
      return (sourceCode.visitorKeys[node.type] ?? [])
        .flatMap((key) => node[key] ?? [])
        .some((child) => child !== null && awaits(child));
    };
    const checkSiblings = (nodes) =>
      nodes.forEach((node, i) => {
        if (node && nodes.slice(i + 1).some((later) => later && awaits(later)))
          check(valueOf(node), "sibling");
      });
    const checkParameters = ({ params }) => {
      for (const parameter of params) check(parameter, "parameter");
    };

    return {
      VariableDeclarator: ({ init }) => check(init),
      AssignmentExpression: ({ right }) => check(right),
      PropertyDefinition: ({ value }) => check(value),
      CallExpression: (node) => checkSiblings(node.arguments),
      NewExpression: (node) => checkSiblings(node.arguments),
      ArrayExpression: ({ elements }) => checkSiblings(elements),
      ObjectExpression: ({ properties }) => checkSiblings(properties),
      FunctionDeclaration: checkParameters,
      FunctionExpression: checkParameters,
      ArrowFunctionExpression: checkParameters,
    };
  },
};

const valueOf = (node) =>
  node.type === "Property" ? node.value : node.type === "SpreadElement" ? node.argument : node;
