/**
 * Numbers of strongly connected components (Tarjan), found as far as they are asked for: two nodes have the same number when
 * each leads to the other.
 */
export class Components<Node> {
  readonly #edges: (node: Node) => Iterable<Node>;
  readonly #numbers = new Map<Node, number>();
  #count = 0;

  constructor(edges: (node: Node) => Iterable<Node>) {
    this.#edges = edges;
  }

  /** Of two nodes, or of one with itself: whether there is a way there and back. */
  inCircle(from: Node, to: Node): boolean {
    if (from === to) return this.#numberOf(from) !== undefined && this.#returns(from);
    return this.#numberOf(from) === this.#numberOf(to);
  }

  readonly #returning = new Map<Node, boolean>();

  #returns(node: Node): boolean {
    let returns = this.#returning.get(node);
    if (returns === undefined) {
      returns = false;
      for (const next of this.#edges(node)) returns ||= this.#numberOf(next) === this.#numberOf(node);
      this.#returning.set(node, returns);
    }
    return returns;
  }

  #numberOf(start: Node): number {
    if (!this.#numbers.has(start)) this.#explore(start);
    return this.#numbers.get(start)!;
  }

  #explore(start: Node): void {
    const order = new Map<Node, { index: number; low: number }>();
    const open: Node[] = [];
    const onStack = new Set<Node>();
    const enter = (node: Node) => {
      order.set(node, { index: order.size, low: order.size });
      open.push(node);
      onStack.add(node);
      return { node, edges: this.#edges(node)[Symbol.iterator]() };
    };
    const frames = [enter(start)];
    for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
      const own = order.get(frame.node)!;
      const { done, value: next } = frame.edges.next();
      if (!done) {
        if (this.#numbers.has(next)) continue;
        const known = order.get(next);
        if (!known) frames.push(enter(next));
        else if (onStack.has(next)) own.low = Math.min(own.low, known.index);
        continue;
      }
      frames.pop();
      const parent = frames.at(-1);
      if (parent) {
        const above = order.get(parent.node)!;
        above.low = Math.min(above.low, own.low);
      }
      if (own.low !== own.index) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        onStack.delete(member);
        this.#numbers.set(member, this.#count);
        if (member === frame.node) break;
      }
      this.#count++;
    }
  }
}
