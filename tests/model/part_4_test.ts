import { searchPart } from "./search.ts";

searchPart(4);
