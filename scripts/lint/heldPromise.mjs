/**
 * An ESLint rule: a promise must be awaited, returned or passed on in the expression that creates it.
 *
 * Convex ends a request with 500 when a promise is rejected and has no handler by the next microtask checkpoint, even if the
 * code would await it later. A checkpoint can occur between `const work = start()` and `await work`, and between the two
 * elements of `[start(), await other()]`. So a variable, property or parameter must not hold a promise. Pass a function that
 * starts the work instead.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
export const heldPromise = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      held: "Await, return or pass on the promise where it is created. If it rejects before it has a handler, Convex ends the request with 500.",
      parameter:
        "Take a function that starts the work instead of a promise, so that the promise has a handler from its start.",
      sibling: "Await the later expressions first: this promise has no handler while they are awaited.",
    },
  },
  create(context) {
    const { sourceCode } = context;
    const services = sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const isPromise = (type) => type.getProperty("then") !== undefined;

    /** Whether a node is a promise or a list of promises, such as `items.map(async …)`. */
    const holdsPromise = (node) => {
      const type = services.getTypeAtLocation(node);
      if (isPromise(type)) return true;
      const isList = checker.isArrayType(type) || checker.isTupleType(type);
      return isList && checker.getTypeArguments(type).some(isPromise);
    };
    const check = (node, messageId = "held") => {
      if (node && holdsPromise(node)) context.report({ node, messageId });
    };

    /** Whether a node contains an `await`, outside of nested functions. */
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
