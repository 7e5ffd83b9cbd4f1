import { testHistories } from "./histories.ts";

testHistories("b");
