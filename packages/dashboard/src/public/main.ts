import { copyOnClick } from "./copy.ts";
import { swapWhileTyping } from "./swap.ts";
import { tryOnSubmit } from "./try.ts";

copyOnClick();
swapWhileTyping();
tryOnSubmit();
