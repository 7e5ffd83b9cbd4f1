import { testHistories } from "./histories.ts";

testHistories("a");
