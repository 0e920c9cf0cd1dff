import { copyOnClick } from "./copy.ts";
import { swapWhileTyping } from "./swap.ts";

copyOnClick();
swapWhileTyping();
