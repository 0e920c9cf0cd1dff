export { CheckoutCalls, type CheckoutOptions, type NewCheckoutOptions } from "./checkouts.ts";
export { PurchaseCalls } from "./purchases.ts";
export {
  type CatalogFilters,
  type CatalogQuery,
  type CatalogSearch,
  type CheckoutFields,
  type CheckoutLine,
  type UcpChangeOptions,
  type UcpOptions,
  UcpShop,
} from "./ucp-shop.ts";
