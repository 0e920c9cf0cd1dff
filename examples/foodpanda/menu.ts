/** A dish on the menu. Prices are in cents, so that totals are exact. */
export interface Dish {
  readonly id: string;
  readonly name: string;
  readonly restaurant: string;
  readonly vegetarian: boolean;
  readonly priceCents: number;
  /** Portions that can still be sold today. */
  stock: number;
}

export const todaysMenu = (): Dish[] => [
  { id: "ramen-shoyu", name: "Shoyu Ramen", restaurant: "Takumi", vegetarian: false, priceCents: 1490, stock: 8 },
  {
    id: "ramen-miso",
    name: "Miso Ramen with Tofu",
    restaurant: "Takumi",
    vegetarian: true,
    priceCents: 1390,
    stock: 2,
  },
  { id: "gyoza", name: "Gyoza, 6 pieces", restaurant: "Takumi", vegetarian: false, priceCents: 690, stock: 20 },
  { id: "pho-bo", name: "Pho Bo", restaurant: "Saigon Street", vegetarian: false, priceCents: 1290, stock: 5 },
  {
    id: "summer-rolls",
    name: "Summer Rolls with Tofu",
    restaurant: "Saigon Street",
    vegetarian: true,
    priceCents: 590,
    stock: 12,
  },
  { id: "margherita", name: "Pizza Margherita", restaurant: "Da Gino", vegetarian: true, priceCents: 990, stock: 0 },
];

/** Where couriers go, by postal code, and how long they take. */
export const deliveryMinutes: ReadonlyMap<string, number> = new Map([
  ["10115", 25],
  ["10117", 30],
  ["10119", 20],
  ["10435", 35],
]);
