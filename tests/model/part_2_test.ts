import { searchPart } from "./search.ts";

searchPart(2);
