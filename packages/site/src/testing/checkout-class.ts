import type { StepContext } from "@agentgate/site";
import { flow, step } from "@agentgate/site/decorators";
import { z } from "zod";

const Item = z.object({ product_id: z.string(), quantity: z.int().default(1) });

/** The README's checkout as a class. Compiled by the tests in both decorator conventions. */
@flow("checkout", { description: "Add to cart and place order" })
export class CheckoutFlow {
  instances = 0;

  @step({
    entry: true,
    description: "Add a product to the cart",
    input: Item,
    output: z.object({ cart_id: z.string() }),
  })
  async add_to_cart(input: z.output<typeof Item>, { session }: StepContext) {
    this.instances++;
    session.data.quantity = input.quantity;
    return { cart_id: `cart-of-${input.product_id}` };
  }

  @step({ after: "add_to_cart", description: "Confirm and place the order", input: z.object({ address: z.string() }) })
  place_order({ address }: { address: string }, { session }: StepContext) {
    this.instances++;
    return { address, quantity: session.data.quantity, instances: this.instances };
  }

  /** Not a step. */
  total() {
    return 0;
  }
}

export class Wrong {
  // @ts-expect-error the schema says that product_id is a string
  @step({ entry: true, description: "Add", input: Item })
  add(input: { product_id: number }) {
    return input;
  }
}
