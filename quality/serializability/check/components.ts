/** Strongly connected components (Tarjan), without recursion because a history can be long. */

/**
 * Returns the components with more than one node. Every cycle is within one.
 *
 * @param next Returns the successors of a node.
 */
export function cyclicComponents(
  nodes: Iterable<number>,
  next: (node: number) => readonly number[],
): number[][] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const onStack = new Set<number>();
  const stack: number[] = [];
  const components: number[][] = [];
  for (const root of nodes) {
    if (index.has(root)) continue;
    const path: { node: number; successors: readonly number[]; at: number }[] = [];
    const enter = (node: number): void => {
      low.set(node, index.size);
      index.set(node, index.size);
      stack.push(node);
      onStack.add(node);
      path.push({ node, successors: next(node), at: 0 });
    };
    enter(root);
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const { node } = frame;
      const successor = frame.successors[frame.at++];
      if (successor !== undefined) {
        if (!index.has(successor)) enter(successor);
        else if (onStack.has(successor)) lower(low, node, index.get(successor) ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(low, parent.node, low.get(node) ?? 0);
      if (low.get(node) !== index.get(node)) continue;
      const component = stack.splice(stack.lastIndexOf(node));
      for (const member of component) onStack.delete(member);
      if (component.length > 1) components.push(component);
    }
  }
  return components;
}

function lower(low: Map<number, number>, node: number, value: number): void {
  low.set(node, Math.min(low.get(node) ?? value, value));
}
